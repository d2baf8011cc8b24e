import { Dices } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useApp } from '../app/context'
import { useBack } from '../app/useBack'
import { ApiError, request, Unreachable } from '../api/request'
import { mutateDecky, type Decky } from '../data/documents'
import { Modal } from '../ui/Modal'
import { ServiceChange } from '../ui/Services'
import { ServicePicker } from '../ui/ServicePicker'

/** Mutates one decky. What is shown as after is what will be: the server picks, the operator sees it, and exactly that is asked for. */
export function MutateDialog({ decky, onClose }: { decky: Decky; onClose: () => void }) {
  const { client, actions } = useApp()
  const [byHand, setByHand] = useState(false)
  const [after, setAfter] = useState<readonly string[] | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const { name, deployment, generation } = decky
  const [before, setBefore] = useState(decky.services)
  const [seen, setSeen] = useState(generation)

  const pick = useCallback(async () => {
    setProblem(null)
    try {
      const answer = await request(client, mutateDecky, { input: { name, deployment: deployment.name, dryRun: true } })
      setAfter(answer.mutateDecky.decky.services)
      setBefore(decky.services)
      setSeen(generation)
    } catch (reason) {
      setProblem(reason as Error)
    }
  }, [client, name, deployment.name, decky.services, generation])
  useEffect(() => void pick(), []) // once: the pick stays while the dialog is open
  useBack(byHand ? null : problem, pick)

  const commit = async () => {
    if (!after) return
    onClose()
    await actions.run(`Mutate ${name}`, async () => {
      try {
        return (await request(client, mutateDecky, { input: { name, deployment: deployment.name, services: [...after], expectedGeneration: seen } })).mutateDecky
      } catch (reason) {
        if (reason instanceof ApiError && reason.has('CONFLICT')) throw new Error(`${name} has changed since you looked: look again, and mutate it from there.`)
        throw reason
      }
    })
  }

  return (
    <Modal open onClose={onClose} title={`Mutate ${name}`} about="It gets other services, so that what an intruder learned of it goes stale. Its address and host name stay." wide={byHand}>
      <div className="toggle" role="group" aria-label="Who picks">
        <button type="button" aria-pressed={!byHand} onClick={() => { setByHand(false); void pick() }}>Let it pick</button>
        <button type="button" aria-pressed={byHand} onClick={() => { setByHand(true); setProblem(null) }}>Pick by hand</button>
      </div>
      {byHand && <ServicePicker chosen={after ?? []} choose={setAfter} />}
      <dl className="before-after">
        <div><dt>Before</dt><dd><ServiceChange from={before} to={before} /></dd></div>
        <div><dt>After</dt><dd>{after ? <ServiceChange from={before} to={after} /> : <span className="faint">{problem ? 'not known' : byHand ? 'choose' : 'asking…'}</span>}</dd></div>
      </dl>
      {problem && <p role="alert" className="problem">{problem.message}{problem instanceof Unreachable && ' It is asked again when it is back.'}</p>}
      <div className="modal-foot">
        {!byHand && <button type="button" className="quiet" onClick={() => void pick()}><Dices size={16} aria-hidden="true" />Pick again</button>}
        <button type="button" onClick={onClose}>Cancel</button>
        <button type="button" className="primary" disabled={!after?.length} onClick={() => void commit()}>Mutate</button>
      </div>
    </Modal>
  )
}
