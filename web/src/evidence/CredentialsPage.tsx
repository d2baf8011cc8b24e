import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { usePaged } from '../data/usePaged'
import type { CredentialsPageQuery } from '../gql/graphql'
import { Address } from '../ui/Address'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { credentialsPage } from './documents'
import { inTable, ListPage, useOrder, useSearch } from './ListPage'
import { useLively } from './useLively'

const pageSize = 100
const pick = ({ credentials }: CredentialsPageQuery) => credentials
const fields = ['PRINCIPAL', 'ATTEMPTS', 'LAST_SEEN_AT'] as const
const usual = { field: 'ATTEMPTS', direction: 'DESC' } as const
const columns = [
  { name: 'Name', by: 'PRINCIPAL' }, { name: 'Secret' }, { name: 'Kind' }, { name: 'Service' }, { name: 'Tried', number: true, by: 'ATTEMPTS' }, { name: 'Let in', number: true },
  { name: 'Last from' }, { name: 'Last tried', by: 'LAST_SEEN_AT' },
]

/** What intruders tried to sign in with. */
export default function CredentialsPage() {
  const { mayChange } = useApp()
  const search = useSearch()
  const order = useOrder(fields, usual)
  const page = usePaged(credentialsPage, { first: pageSize, search, orderBy: order }, pick)
  useLively(page.again)
  return (
    <ListPage
      title="Credentials" searches="Name, secret, service or address…" page={page} columns={columns} order={order}
      about={mayChange ? 'What was tried to sign in with.' : 'What was tried to sign in with. Secrets are shown to operators only: one that was stolen elsewhere may open something real.'}
      nothing={{ title: 'Nobody has tried to sign in yet', hint: 'Each name and secret that is tried on a decky shows here.' }}
    >
      {page.shown?.map((c) => (
        <tr key={c.id} data-credential>
          <th scope="row" className="said"><Hostile text={c.principal} limit={inTable} /></th>
          <td className="said"><Hostile text={c.secret} limit={inTable} /></td>
          <td className="faint">{c.kind}</td>
          <td><span className="badge service">{c.service}</span></td>
          <td className="number"><Link href={`${paths.interactions}?credential=${encodeURIComponent(c.id)}`} aria-label={`${c.attempts} tries of it`}>{c.attempts.toLocaleString()}</Link></td>
          <td className="number">{c.accepted.toLocaleString()}</td>
          <td><Link href={`${paths.interactions}?source=${encodeURIComponent(c.lastSourceIP)}`}><Address of={c.lastSourceIP} /></Link></td>
          <td><Ago at={c.lastSeenAt} /></td>
        </tr>
      ))}
    </ListPage>
  )
}
