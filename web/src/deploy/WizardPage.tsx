import { useMemo, type FormEvent } from 'react'
import { Link, useLocation } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { useAsk } from '../api/useAsk'
import { catalog, deployments as deploymentsQuery, server } from '../data/documents'
import { useStore } from '../data/store'
import { nodes } from '../data/nodes'
import { Empty, Problem } from '../ui/Notices'
import { Moment } from '../ui/Moment'
import { PageHead } from '../ui/PageHead'
import { ServicePicker } from '../ui/ServicePicker'
import { ArchetypeCards } from './ArchetypeCards'
import { inputOf, leftDraft, missing } from './draft'
import { deploys, keep } from './kept'
import { PlanPane } from './PlanPane'
import { Shape } from './Shape'
import { usePlan } from './usePlan'
import '../styles/deploy.css'

const nothing = {}

/** The wizard: what deckies pretend to be, how many and where, and at its side what would come of it. */
export default function WizardPage() {
  const { mayChange } = useApp()
  if (!mayChange) {
    return (
      <div className="page">
        <PageHead title="Deploy" />
        <Empty title="You may look, not deploy"><p>An operator or an administrator deploys. <Link href={paths.fleet}>See the fleet</Link></p></Empty>
      </div>
    )
  }
  return <Wizard />
}

function Wizard() {
  const { data } = useApp()
  const [, go] = useLocation()
  const draft = useStore(leftDraft)
  const { byHand } = draft
  const { data: known, problem, again } = useAsk(catalog, nothing)
  const { data: there } = useAsk(deploymentsQuery, nothing)
  const { data: about } = useAsk(server, nothing)
  const deployments = useMemo(() => (there ? nodes(there.deployments) : []), [there])
  const isNew = there !== undefined && !deployments.some((d) => d.name === draft.deployment)
  const lacks = missing(draft) ?? (byHand && draft.services.length === 0 ? { field: 'services' as const, words: 'Choose at least one service.' } : null)
  const input = useMemo(() => (lacks ? null : inputOf(draft, isNew)), [draft, isNew, lacks])
  const plan = usePlan(input, useStore(data.deckies)?.size ?? 0)
  const fault = lacks ?? (plan.stale ? null : plan.problem)

  const change = (some: Partial<typeof draft>) => leftDraft.set({ ...leftDraft.get(), ...some })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!input) return
    const key = crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
    keep({ key, input: { ...input, idempotencyKey: key }, at: new Date().toISOString(), lifecycleIds: null })
    go(paths.deployment(key))
  }

  return (
    <div className="page">
      <PageHead title="Deploy" about="The plan at the side is the server's own, as it stands now. Nothing happens until you deploy." />
      {problem && <Problem problem={problem} again={again} />}
      <form className="wizard" onSubmit={submit}>
        <div className="wizard-form">
          <section aria-labelledby="what">
            <div className="step-head">
              <h2 id="what"><span className="step-no" aria-hidden="true">1</span>What they pretend to be</h2>
              <div className="toggle" role="group" aria-label="How to choose">
                <button type="button" aria-pressed={!byHand} onClick={() => change({ byHand: false, services: [] })}>Archetypes</button>
                <button type="button" aria-pressed={byHand} onClick={() => change({ byHand: true, archetype: null })}>Services by hand</button>
              </div>
            </div>
            {byHand
              ? <ServicePicker chosen={draft.services} choose={(services) => change({ services })} />
              : <ArchetypeCards archetypes={known?.archetypes} chosen={draft.archetype} choose={(archetype) => change({ archetype })} />}
          </section>
          <Shape draft={draft} fault={fault} change={change} deployments={deployments} isNew={isNew} engine={about?.server.engine} most={about?.server.limits.deckiesPerDeploy} />
          <Earlier />
        </div>
        <PlanPane plan={plan} lacks={lacks} />
      </form>
    </div>
  )
}

/** The deploys that were begun in this browser, to come back to. */
function Earlier() {
  const list = deploys()
  if (list.length === 0) return null
  return (
    <section aria-labelledby="earlier">
      <h2 id="earlier">Deploys of yours</h2>
      <ul className="earlier">
        {list.map((d) => (
          <li key={d.key}>
            <Link href={paths.deployment(d.key)}>{d.input.deckies.length === 1 ? d.input.deckies[0]?.name : `${d.input.deckies[0]?.name} …`}</Link>
            <span className="faint"> in {d.input.deployment}, <Moment at={d.at} /></span>
          </li>
        ))}
      </ul>
    </section>
  )
}
