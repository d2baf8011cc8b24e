import { useState } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { usePaged } from '../data/usePaged'
import type { AttackersPageQuery } from '../gql/graphql'
import { Address } from '../ui/Address'
import { Ago } from '../ui/Countdown'
import { attackersPage } from './documents'
import { KnownDialog } from './KnownDialog'
import { ListPage, useSearch } from './ListPage'
import { useLively } from './useLively'

const pageSize = 100
const pick = ({ attackers }: AttackersPageQuery) => attackers
const columns = [
  { name: 'Address' }, { name: 'Last seen' }, { name: 'First seen' }, { name: 'Interactions', number: true }, { name: 'Sessions', number: true },
  { name: 'Sign-ins', number: true }, { name: 'Commands', number: true }, { name: 'Deckies', number: true }, { name: 'Services' }, { name: 'Known' },
]

/** Who came, by the address that they came from; those heard of last come first. */
export default function AttackersPage() {
  const { mayChange } = useApp()
  const search = useSearch()
  const [naming, setNaming] = useState<string | null>(null)
  const page = usePaged(attackersPage, { first: pageSize, search }, pick)
  useLively(page.again)
  return (
    <ListPage
      title="Attackers" about="Each address from which a decky was touched; those heard of last come first." searches="Address or service…" page={page} columns={columns}
      nothing={{ title: 'Nobody has come yet', hint: 'Each address that touches a decky shows here.' }}
    >
      {page.list?.map((a) => (
        <tr key={a.id} data-attacker={a.address}>
          <th scope="row"><Link href={`${paths.interactions}?source=${encodeURIComponent(a.address)}`}><Address of={a.address} /></Link></th>
          <td><Ago at={a.lastSeenAt} /></td>
          <td><Ago at={a.firstSeenAt} /></td>
          <td className="number">{a.interactions.toLocaleString()}</td>
          <td className="number"><Link href={`${paths.sessions}?source=${encodeURIComponent(a.address)}`}>{a.sessions.toLocaleString()}</Link></td>
          <td className="number">{a.attempts.toLocaleString()}</td>
          <td className="number">{a.commands.toLocaleString()}</td>
          <td className="number">{a.deckies.toLocaleString()}</td>
          <td><span className="chips">{a.services.map((s) => <span key={s}>{s}</span>)}</span></td>
          <td>
            {a.known
              ? <Link href={paths.known}>{a.known.note}</Link>
              : mayChange && <button type="button" className="quiet" onClick={() => setNaming(a.address)} aria-label={`It is known…: ${a.address}`}>It is known…</button>}
          </td>
        </tr>
      ))}
      {naming && <KnownDialog address={naming} onAdded={page.again} onClose={() => setNaming(null)} />}
    </ListPage>
  )
}
