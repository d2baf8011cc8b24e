import { Moment } from '../text/Moment'
import { isOver, type Journal } from './journal'
import { Standing, Steps } from './Steps'

const shown = 30

/** The newest lifecycles, newest first. */
export function Lifecycles({ journal }: { journal: Journal }) {
  const entries = [...journal.entries.values()].toReversed().slice(0, shown)
  return (
    <section aria-labelledby="lifecycles">
      <h2 id="lifecycles">Lifecycles</h2>
      {journal.missed && <p className="problem">The connection was gone for longer than the journal reaches back: some steps are not shown.</p>}
      {entries.length === 0 && <p className="empty">Nothing has been asked of the fleet yet.</p>}
      <ul className="feed" tabIndex={0} aria-labelledby="lifecycles">
        {entries.map((entry) => {
          const { lifecycle: l } = entry
          return (
            <li key={l.id} data-lifecycle={l.id}>
              <details open={!isOver(l)}>
                <summary>
                  <Moment at={l.createdAt} /> {l.operation.toLowerCase()} <b>{l.deckyName}</b> <Standing of={l.status} />{' '}
                  {l.operation === 'MUTATE' && <span className="faint">{l.fromServices.join(', ')} → {l.toServices.join(', ')}</span>}{' '}
                  <span className="faint">by {l.actor ?? l.trigger.toLowerCase()}</span>
                </summary>
                <Steps entry={entry} />
              </details>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
