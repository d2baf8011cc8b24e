import { Link } from 'wouter'
import { paths } from '../app/paths'
import { usePaged } from '../data/usePaged'
import { sessionsPage } from '../evidence/documents'
import { useLively } from '../evidence/useLively'
import type { SessionsPageQuery } from '../gql/graphql'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'

const most = 20
const pick = ({ sessions }: SessionsPageQuery) => sessions

/** Who is in the decky now: conversations whose end has not been recorded. */
export function OpenSessions({ decky }: { decky: string }) {
  const { list, again } = usePaged(sessionsPage, { first: most, orderBy: { field: 'STARTED_AT', direction: 'DESC' }, where: { deckyID: decky, endedAtIsNil: true } }, pick)
  useLively(again)
  if (!list?.length) return null
  return (
    <>
      <h2>Open sessions</h2>
      <ul className="open-sessions">
        {list.map((s) => (
          <li key={s.id}>
            <Link href={paths.session(s.id)}>{s.service}</Link> from <code><Hostile text={s.sourceIP} /></code> <span className="faint">last heard <Ago at={s.lastAt} /></span>
          </li>
        ))}
      </ul>
    </>
  )
}
