import { useState, type FormEvent } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { useAsk } from '../api/useAsk'
import { deckyDetail, deployments as deploymentsQuery, setMutateInterval, type Decky } from '../data/documents'
import { nodes } from '../data/nodes'
import { shortDuration } from '../ui/duration'
import { IntervalField } from '../ui/IntervalField'
import { Modal } from '../ui/Modal'
import { inParallel } from './inParallel'
import { names } from './MutateManyDialog'

const nothing = {}

/** How often deckies mutate by themselves: these, or where none is named, those of a deployment that have no interval of their own. */
export function IntervalDialog({ deckies, deployments, onClose }: { deckies: readonly Decky[]; deployments: readonly string[]; onClose: () => void }) {
  const { client, actions } = useApp()
  const [targets] = useState(deckies)
  const [typed, setTyped] = useState<string | null>(null)
  const [deployment, setDeployment] = useState(deployments[0] ?? 'default')
  const { data } = useAsk(deploymentsQuery, nothing, targets.length > 0)
  const [only] = targets
  const { data: detail } = useAsk(deckyDetail, { deployment: only?.deployment.name ?? '', name: only?.name ?? '' }, targets.length !== 1)
  const one = detail?.decky
  const present = one
    ? { mutateInterval: one.mutateInterval ?? one.deployment.mutateInterval, own: one.mutateInterval != null }
    : data && nodes(data.deployments).find((d) => d.name === deployment)
  const interval = typed ?? (present?.mutateInterval ? shortDuration(present.mutateInterval) : '24h')

  const set = (to: string | null) => {
    onClose()
    const label = targets.length === 0 ? `Interval of ${deployment}` : `Interval of ${names(targets)}`
    void actions.run(`${label}: ${to ?? 'off'}`, async () => {
      if (targets.length === 0) await request(client, setMutateInterval, { input: { deployment, interval: to } })
      else {
        await inParallel(targets, 6, async ({ name, deployment: { name: of } }) =>
          void (await request(client, setMutateInterval, { input: { name, deployment: of, interval: to } })))
      }
      return { lifecycleIds: [] }
    })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set(interval)
  }

  return (
    <Modal open onClose={onClose} title="How often to mutate" about={targets.length > 0 ? names(targets) : 'Deckies that have no interval of their own follow their deployment.'}>
      <form onSubmit={submit} className="stack">
        {targets.length === 0 && (
          <label>
            Deployment
            <select value={deployment} onChange={(e) => { setDeployment(e.target.value); setTyped(null) }}>
              {deployments.map((d) => <option key={d}>{d}</option>)}
            </select>
          </label>
        )}
        <IntervalField label="Every" value={interval} onChange={setTyped} required />
        {present && (
          <p className="hint">
            At present: {present.mutateInterval ? `every ${shortDuration(present.mutateInterval)}` : targets.length === 0 ? 'not by themselves' : 'not by itself'}
            {'own' in present && present.mutateInterval && !present.own && ', as its deployment'}.
          </p>
        )}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="button" onClick={() => set(null)}>Turn off</button>
          <button type="submit" className="primary">Set</button>
        </div>
      </form>
    </Modal>
  )
}
