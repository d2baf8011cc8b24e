import { Link, useSearchParams } from 'wouter'
import { paths } from '../app/paths'
import { usePaged } from '../data/usePaged'
import type { SessionsPageQuery } from '../gql/graphql'
import { Address } from '../ui/Address'
import { Ago, Took } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { sessionsPage } from './documents'
import { inTable, ListPage, useOrder, useSearch } from './ListPage'
import { useLively } from './useLively'

const pageSize = 100
const pick = ({ sessions }: SessionsPageQuery) => sessions
const fields = ['STARTED_AT', 'INTERACTIONS', 'COMMANDS'] as const
const usual = { field: 'STARTED_AT', direction: 'DESC' } as const
const columns = [
  { name: 'Began', by: 'STARTED_AT' }, { name: 'Service' }, { name: 'Decky' }, { name: 'From' }, { name: 'Login tried' }, { name: 'Interactions', number: true, by: 'INTERACTIONS' },
  { name: 'Commands', number: true, by: 'COMMANDS' }, { name: 'Took' }, { name: 'Replay' },
]

/** The conversations that intruders had with deckies. */
export default function SessionsPage() {
  const search = useSearch()
  const source = useSearchParams()[0].get('source')
  const order = useOrder(fields, usual)
  const page = usePaged(sessionsPage, { first: pageSize, search, orderBy: order, ...(source && { where: { sourceIP: source } }) }, pick)
  useLively(page.again)
  return (
    <ListPage
      title="Sessions" about={source ? <>Those from <Hostile text={source} />. <Link href={paths.sessions}>Show all</Link></> : 'The conversations that intruders had with deckies.'}
      searches="Address, decky, service or name…" page={page} columns={columns} order={order}
      nothing={{ title: 'Nobody has talked to a decky yet', hint: 'Each conversation shows here, to be replayed.' }}
    >
      {page.shown?.map((s) => (
        <tr key={s.id} data-session={s.id}>
          <th scope="row"><Ago at={s.startedAt} /></th>
          <td><span className="inline"><span className="badge service">{s.service}</span>{!s.endedAt && <span className="badge running">open</span>}</span></td>
          <td><Link href={paths.decky(s.deploymentName, s.deckyName)} className="short" title={s.deckyName}>{s.deckyName}</Link></td>
          <td><Link href={`${paths.interactions}?source=${encodeURIComponent(s.sourceIP)}`}><Address of={s.sourceIP} /></Link></td>
          <td className="said">{s.principal !== null && s.principal !== undefined && <span className="inline"><Hostile text={s.principal} limit={inTable} />{s.authenticated && <span className="badge degraded">let in</span>}</span>}</td>
          <td className="number">{s.interactions.toLocaleString()}</td>
          <td className="number">{s.commands.toLocaleString()}</td>
          <td><Took from={s.startedAt} to={s.endedAt} /></td>
          <td><Link href={paths.session(s.id)} aria-label={`${s.recorded ? 'Terminal' : 'Replay'}: ${s.service} on ${s.deckyName} from ${s.sourceIP}`}>{s.recorded ? 'Terminal' : 'Replay'}</Link></td>
        </tr>
      ))}
    </ListPage>
  )
}
