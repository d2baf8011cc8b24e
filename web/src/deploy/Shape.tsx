import type { DeploymentsQuery, NetworkDriver } from '../gql/graphql'
import type { Connection } from '../data/nodes'
import { Field } from '../ui/Field'
import { IntervalField } from '../ui/IntervalField'
import type { Draft, Fault } from './draft'

type Deployment = DeploymentsQuery['deployments'] extends Connection<infer Node> ? Node : never

interface Props {
  draft: Draft
  fault: Fault | null
  change: (some: Partial<Draft>) => void
  deployments: readonly Deployment[]
  isNew: boolean
  engine: string | undefined
  /** How many deckies one deploy may name. */
  most: number | undefined
}

const drivers: Record<string, readonly NetworkDriver[]> = {
  docker: ['BRIDGE', 'MACVLAN', 'IPVLAN'], process: ['LOOPBACK'], sim: ['LOOPBACK', 'BRIDGE', 'MACVLAN', 'IPVLAN'],
}
const saidOf: Record<NetworkDriver, string> = {
  LOOPBACK: 'Loopback addresses of the host', BRIDGE: 'A bridge, reachable from the host only', MACVLAN: 'Addresses on the LAN (macvlan)', IPVLAN: 'Addresses on the LAN, the parent’s MAC (ipvlan)',
}

/** How many, how they are called, where they live and how often they mutate. */
export function Shape({ draft, fault, change, deployments, isNew, engine, most }: Props) {
  const at = (field: keyof Draft) => (fault?.field === field ? fault.words : undefined)
  const there = deployments.find((d) => d.name === draft.deployment)
  return (
    <section aria-labelledby="shape">
      <div className="step-head"><h2 id="shape"><span className="step-no" aria-hidden="true">2</span>How many, and where</h2></div>
      <div className="fields">
        <Field label="Name prefix" fault={at('prefix')}>
          {(control) => <input {...control} value={draft.prefix} required spellCheck={false} autoCapitalize="none" onChange={(e) => change({ prefix: e.target.value })} />}
        </Field>
        <Field label="Count" fault={at('count')}>
          {(control) => <input {...control} type="number" min={1} max={most} value={Number.isNaN(draft.count) ? '' : draft.count} required onChange={(e) => change({ count: e.target.valueAsNumber })} />}
        </Field>
        <Field label="Deployment" fault={at('deployment')} hint={isNew ? 'It will be made.' : there && `There already, on ${there.network.driver.toLowerCase()} ${there.network.subnet}.`}>
          {(control) => (
            <>
              <input {...control} list="deployments" value={draft.deployment} required spellCheck={false} autoCapitalize="none" onChange={(e) => change({ deployment: e.target.value })} />
              <datalist id="deployments">{deployments.map((d) => <option key={d.id} value={d.name} />)}</datalist>
            </>
          )}
        </Field>
        {isNew && (
          <label>
            Network
            <select value={draft.driver ?? ''} onChange={(e) => change({ driver: (e.target.value || null) as NetworkDriver | null })}>
              <option value="">The engine’s usual one</option>
              {(drivers[engine ?? ''] ?? []).map((d) => <option key={d} value={d}>{saidOf[d]}</option>)}
            </select>
          </label>
        )}
        {isNew && draft.driver && (
          <>
            <Field label="Subnet" fault={at('subnet')} hint="Empty: one that is free.">
              {(control) => <input {...control} value={draft.subnet} placeholder="such as 10.66.0.0/24" spellCheck={false} onChange={(e) => change({ subnet: e.target.value.trim() })} />}
            </Field>
            {(draft.driver === 'MACVLAN' || draft.driver === 'IPVLAN') && (
              <>
                <Field label="Gateway" fault={at('gateway')}>
                  {(control) => <input {...control} value={draft.gateway} placeholder="the first address" spellCheck={false} onChange={(e) => change({ gateway: e.target.value.trim() })} />}
                </Field>
                <Field label="Parent interface" fault={at('parent')}>
                  {(control) => <input {...control} value={draft.parent} required placeholder="such as eth0" spellCheck={false} onChange={(e) => change({ parent: e.target.value.trim() })} />}
                </Field>
              </>
            )}
          </>
        )}
        <Field label="First address" fault={at('firstAddress')} hint="Given, they get it and those after it.">
          {(control) => <input {...control} value={draft.firstAddress} placeholder="the next free ones" spellCheck={false} onChange={(e) => change({ firstAddress: e.target.value.trim() })} />}
        </Field>
        <IntervalField label="Mutate by themselves every" fault={at('interval')} value={draft.interval} onChange={(interval) => change({ interval })} />
      </div>
    </section>
  )
}
