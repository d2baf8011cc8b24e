import { Hostile } from '../text/Hostile'
import { Moment } from '../text/Moment'
import type { Interaction } from './documents'
import type { Feed } from './feed'

const facts = [
  ['principal', 'as'],
  ['secret', 'secret'],
  ['command', 'asked'],
  ['outcome', 'answer'],
] as const satisfies readonly (readonly [keyof Interaction, string])[]

/** What intruders did, newest first. Everything they sent is shown as text. */
export function Interactions({ feed }: { feed: Feed }) {
  return (
    <section aria-labelledby="interactions">
      <h2 id="interactions">Interactions</h2>
      {feed.size === 0 && <p className="empty">Nobody has touched a decky yet. Connect to an endpoint in the table above: it shows here.</p>}
      <ol className="feed" reversed tabIndex={0} aria-labelledby="interactions">
        {[...feed.values()].toReversed().map((i) => (
          <li key={i.id} data-interaction={i.id}>
            <p>
              <Moment at={i.at} /> <b>{i.deckyName}</b> <span className="badge">{i.service}</span> <Hostile text={i.type} />{' '}
              <span className="faint">from</span> <code><Hostile text={i.sourceIP} />:{i.sourcePort}</code>
            </p>
            <p><Hostile text={i.message} /></p>
            <dl>
              {facts.map(([field, label]) => i[field] && (
                <div key={field}>
                  <dt>{label}</dt>
                  <dd><Hostile text={i[field]} /></dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ol>
    </section>
  )
}
