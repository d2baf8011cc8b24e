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
import { ListPage, useOrder, useSearch } from './ListPage'
import { useLively } from './useLively'

const pageSize = 100
/** How many services are named: a scanner touches all, and its row would be a page high. */
const few = 3
const pick = ({ attackers }: AttackersPageQuery) => attackers
const fields = ['ADDRESS', 'LAST_SEEN_AT', 'FIRST_SEEN_AT', 'INTERACTIONS', 'SESSIONS', 'ATTEMPTS'] as const
const usual = { field: 'LAST_SEEN_AT', direction: 'DESC' } as const
const columns = [
  { name: 'Address', by: 'ADDRESS' }, { name: 'Last seen', by: 'LAST_SEEN_AT' }, { name: 'First seen', by: 'FIRST_SEEN_AT' }, { name: 'Interactions', number: true, by: 'INTERACTIONS' },
  { name: 'Sessions', number: true, by: 'SESSIONS' }, { name: 'Sign-ins', number: true, by: 'ATTEMPTS' }, { name: 'Commands', number: true }, { name: 'Deckies', number: true }, { name: 'Services' }, { name: 'Known' },
]

/** Who came, by the address that they came from. */
export default function AttackersPage() {
  const { mayChange } = useApp()
  const search = useSearch()
  const order = useOrder(fields, usual)
  const [naming, setNaming] = useState<string | null>(null)
  const page = usePaged(attackersPage, { first: pageSize, search, orderBy: order }, pick)
  useLively(page.again)
  return (
    <ListPage
      title="Attackers" about="Each address from which a decky was touched." searches="Address or service…" page={page} columns={columns} order={order}
      nothing={{ title: 'Nobody has come yet', hint: 'Each address that touches a decky shows here.' }}
    >
      {page.shown?.map((a) => (
        <tr key={a.id} data-attacker={a.address}>
          <th scope="row"><Link href={`${paths.interactions}?source=${encodeURIComponent(a.address)}`}><Address of={a.address} /></Link></th>
          <td><Ago at={a.lastSeenAt} /></td>
          <td><Ago at={a.firstSeenAt} /></td>
          <td className="number">{a.interactions.toLocaleString()}</td>
          <td className="number"><Link href={`${paths.sessions}?source=${encodeURIComponent(a.address)}`}>{a.sessions.toLocaleString()}</Link></td>
          <td className="number">{a.attempts.toLocaleString()}</td>
          <td className="number">{a.commands.toLocaleString()}</td>
          <td className="number">{a.deckies.toLocaleString()}</td>
          <td><span className="chips" title={a.services.join(', ')}>{a.services.slice(0, few).map((s) => <span key={s}>{s}</span>)}{a.services.length > few && <span>+{a.services.length - few}</span>}</span></td>
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
