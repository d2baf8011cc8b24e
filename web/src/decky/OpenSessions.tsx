import { Link } from 'wouter'
import { paths } from '../app/paths'
import type { Interaction } from '../data/documents'
import { sessionsOf } from '../evidence/sessions'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'

/** Who is in the decky now: conversations that began and were not seen to end. */
export function OpenSessions({ interactions }: { interactions: readonly Interaction[] }) {
  const open = sessionsOf(interactions).filter((s) => s.open)
  if (open.length === 0) return null
  return (
    <>
      <h2>Open sessions</h2>
      <ul className="open-sessions">
        {open.map((s) => (
          <li key={s.id}>
            <Link href={paths.session(s.id)}>{s.service}</Link> from <code><Hostile text={s.sourceIP} /></code> <span className="faint">last heard <Ago at={s.last} /></span>
          </li>
        ))}
      </ul>
    </>
  )
}
