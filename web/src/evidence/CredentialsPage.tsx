import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { usePaged } from '../data/usePaged'
import type { CredentialsPageQuery } from '../gql/graphql'
import { Address } from '../ui/Address'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { credentialsPage } from './documents'
import { inTable, ListPage, useSearch } from './ListPage'
import { useLively } from './useLively'

const pageSize = 100
const pick = ({ credentials }: CredentialsPageQuery) => credentials
const columns = [
  { name: 'Name' }, { name: 'Secret' }, { name: 'Kind' }, { name: 'Service' }, { name: 'Tried', number: true }, { name: 'Let in', number: true },
  { name: 'Last from' }, { name: 'Last tried' },
]

/** What intruders tried to sign in with; what is tried most comes first. */
export default function CredentialsPage() {
  const { mayChange } = useApp()
  const search = useSearch()
  const page = usePaged(credentialsPage, { first: pageSize, search }, pick)
  useLively(page.again)
  return (
    <ListPage
      title="Credentials" searches="Name, secret, service or address…" page={page} columns={columns}
      about={mayChange ? 'What was tried to sign in with; what is tried most comes first.' : 'What was tried to sign in with. Secrets are shown to operators only: one that was stolen elsewhere may open something real.'}
      nothing={{ title: 'Nobody has tried to sign in yet', hint: 'Each name and secret that is tried on a decky shows here.' }}
    >
      {page.list?.map((c) => (
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
