import { useState } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { inWords, request } from '../api/request'
import { mutateDecky, type Decky } from '../data/documents'
import { useStore } from '../data/store'
import { Modal } from '../ui/Modal'
import { ServicePicker } from '../ui/ServicePicker'
import { ServiceChange } from '../ui/Services'
import { Standing } from '../ui/Standing'
import { inParallel } from './inParallel'

/** How many requests are under way at once. */
const atOnce = 6
/** How many deckies are told of one by one. */
const told = 200

interface Outcome {
  decky: Decky
  /** The services before, as the page had them. */
  before: readonly string[]
  after: readonly string[] | null
  lifecycle: string | null
  problem: string | null
}

/** Mutates several deckies, each as an operation of its own: what is refused for one does not stop the others. */
export function MutateManyDialog({ deckies, onClose }: { deckies: readonly Decky[]; onClose: () => void }) {
  const { client, data } = useApp()
  const journal = useStore(data.journal)
  const [byHand, setByHand] = useState(false)
  const [services, setServices] = useState<readonly string[]>([])
  const [targets] = useState(deckies)
  const [outcomes, setOutcomes] = useState<readonly Outcome[] | null>(null)

  const one = async (decky: Decky): Promise<Outcome> => {
    const known = { decky, before: decky.services }
    try {
      const input = { name: decky.name, deployment: decky.deployment.name, ...(byHand && { services: [...services] }) }
      const { mutateDecky: answer } = await request(client, mutateDecky, { input })
      return { ...known, after: answer.decky.services, lifecycle: answer.lifecycleIds[0] ?? null, problem: null }
    } catch (reason) {
      return { ...known, after: null, lifecycle: null, problem: inWords(reason) }
    }
  }
  const commit = async () => {
    setOutcomes([])
    const done: Outcome[] = []
    await inParallel(targets, atOnce, async (decky) => {
      done.push(await one(decky))
      if (done.length === targets.length || done.length % atOnce === 0) setOutcomes([...done])
    })
  }

  const refused = outcomes?.filter((o) => o.problem !== null) ?? []
  return (
    <Modal open onClose={onClose} title={`Mutate ${targets.length} deckies`} wide about={names(targets)}>
      {!outcomes && (
        <>
          <div className="toggle" role="group" aria-label="Who picks">
            <button type="button" aria-pressed={!byHand} onClick={() => setByHand(false)}>Let it pick for each</button>
            <button type="button" aria-pressed={byHand} onClick={() => setByHand(true)}>The same for all</button>
          </div>
          {byHand && <ServicePicker chosen={services} choose={setServices} />}
        </>
      )}
      {outcomes && (
        <>
          <progress max={targets.length} value={outcomes.length} aria-label="Asked" />
          <p role="status">
            {outcomes.length - refused.length} of {targets.length} accepted{refused.length > 0 && <span className="problem">, {refused.length} refused</span>}.
          </p>
          <ul className="outcomes" tabIndex={0} aria-label="Before and after">
            {outcomes.slice(0, told).map(({ decky, before, after, lifecycle, problem }) => (
              <li key={decky.id}>
                {lifecycle ? <Link href={paths.lifecycle(lifecycle)}>{decky.name}</Link> : <b>{decky.name}</b>}
                {after && <ServiceChange from={before} to={after} />}
                {lifecycle && <Standing of={journal.entries.get(lifecycle)?.lifecycle.status ?? 'accepted'} />}
                {problem && <span className="problem">{problem}</span>}
              </li>
            ))}
          </ul>
          {outcomes.length > told && <p className="faint">The fleet and the lifecycles show the others.</p>}
        </>
      )}
      <div className="modal-foot">
        <button type="button" onClick={onClose}>{outcomes ? 'Close' : 'Cancel'}</button>
        {!outcomes && <button type="button" className="primary" disabled={byHand && services.length === 0} onClick={() => void commit()}>Mutate {targets.length} deckies</button>}
      </div>
    </Modal>
  )
}

const named = 6

/** The first few names, and how many more there are. */
export function names(deckies: readonly Pick<Decky, 'name'>[]): string {
  const first = deckies.slice(0, named).map((d) => d.name).join(', ')
  return deckies.length > named ? `${first} and ${deckies.length - named} more` : first
}
