import type { Decky } from '../data/documents'
import type { Asked } from './Dialogs'

/** What can be asked of the deckies that are selected. */
export function SelectionBar({ chosen, ask, clear }: { chosen: readonly Decky[]; ask: (asked: Asked) => void; clear: () => void }) {
  return (
    <div className="selection" role="toolbar" aria-label="Selected deckies">
      <p role="status"><b>{chosen.length}</b> selected</p>
      <button type="button" onClick={() => ask({ kind: 'mutate', deckies: chosen })}>Mutate…</button>
      <button type="button" onClick={() => ask({ kind: 'interval', deckies: chosen, deployments: [] })}>Interval…</button>
      <button type="button" className="danger" onClick={() => ask({ kind: 'teardown', deckies: chosen })}>Tear down…</button>
      <button type="button" className="quiet" onClick={clear}>Clear</button>
    </div>
  )
}
