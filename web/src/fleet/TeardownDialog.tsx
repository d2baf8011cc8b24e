import { useState, type FormEvent } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { teardown, type Decky } from '../data/documents'
import { Modal } from '../ui/Modal'
import { grouped } from '../data/grouped'

/** From this many deckies on, the operator types how many go. */
const manyDeckies = 10

/** Asks before deckies go for good, and names what goes. */
export function TeardownDialog({ deckies, onClose }: { deckies: readonly Decky[]; onClose: () => void }) {
  const { client, actions } = useApp()
  const [doomed] = useState(deckies)
  const [typed, setTyped] = useState('')
  const [only] = doomed
  const title = doomed.length === 1 && only ? `Tear down ${only.name}?` : `Tear down ${doomed.length} deckies?`
  const sure = doomed.length < manyDeckies || typed === String(doomed.length)

  const commit = (event: FormEvent) => {
    event.preventDefault()
    onClose()
    for (const [deployment, some] of grouped(doomed, (d) => d.deployment.name)) {
      const label = some.length === 1 ? `Tear down ${some[0]?.name}` : `Tear down ${some.length} deckies of ${deployment}`
      void actions.run(label, async () => (await request(client, teardown, { input: { deployment, names: some.map((d) => d.name) } })).teardown)
    }
  }

  return (
    <Modal open onClose={onClose} title={title} about="They are taken down for good. Their lifecycles and what intruders did to them stay.">
      <form onSubmit={commit} className="stack">
        <ul className="doomed" tabIndex={0} aria-label="What goes">
          {doomed.map((d) => <li key={d.id}><b>{d.name}</b> <span className="faint">{d.hostname} · {d.ip} · {d.deployment.name}</span></li>)}
        </ul>
        {doomed.length >= manyDeckies && (
          <label>To be sure, type how many go: {doomed.length}<input value={typed} inputMode="numeric" autoComplete="off" onChange={(e) => setTyped(e.target.value)} /></label>
        )}
        <div className="modal-foot">
          <button type="button" onClick={onClose} autoFocus>Cancel</button>
          <button type="submit" className="primary danger" disabled={!sure}>Tear down</button>
        </div>
      </form>
    </Modal>
  )
}
