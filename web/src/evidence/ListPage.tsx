import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, type ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import type { Paged } from '../data/usePaged'
import { Download } from '../ui/Download'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Typed } from '../ui/Typed'
import { fromAddress, pressed, toAddress, type Order } from './order'
import '../styles/evidence.css'

interface Props {
  title: string
  about: ReactNode
  /** What may be searched for. */
  searches: string
  /** Where there is nothing yet: that, and what would be here. */
  nothing: { title: string; hint: string }
  page: Paged<unknown>
  /** The columns' headings, and what the server orders by where one is pressed. */
  columns: readonly { name: string; number?: boolean; by?: string }[]
  order: Order<string>
  children: ReactNode
}

/** How much of an intruder's text a table shows, in UTF-16 units: a name of kilobytes would be all that is in sight. The interactions have all of it. */
export const inTable = 80

/** The text that is searched for, as it stands in the address. */
export const useSearch = (): string => useSearchParams()[0].get('q') ?? ''

/** The order, as it stands in the address. */
export function useOrder<Field extends string>(fields: readonly Field[], usual: Order<Field>): Order<Field> {
  const text = useSearchParams()[0].get('sort')
  return useMemo(() => fromAddress(text, fields, usual), [text, fields, usual])
}

/** A searched, ordered, paged table of evidence. */
export function ListPage({ title, about, searches, nothing, page: { list, shown, total, problem, again, older, read }, columns, order, children }: Props) {
  const [params, setParams] = useSearchParams()
  const q = params.get('q') ?? ''
  const put = (name: string, value: string) =>
    setParams((before) => {
      const next = new URLSearchParams(before)
      if (value) next.set(name, value)
      else next.delete(name)
      return next
    }, { replace: true })
  const narrowed = [...params.keys()].some((name) => name !== 'sort')
  return (
    <div className="page">
      <PageHead title={title} about={about}>{list && list.length > 0 && <Download name={title.toLowerCase()} read={read} />}</PageHead>
      <search className="filters">
        <Typed label={`Search ${title.toLowerCase()}`} placeholder={searches} value={q} ask={(text) => put('q', text)} search />
        {list && total !== null && total > 0 && <span role="status" className="faint count">{list.length < total ? `${list.length.toLocaleString()} of ${total.toLocaleString()}` : total.toLocaleString()}</span>}
      </search>
      {problem && <Problem problem={problem} again={again} />}
      {!shown && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {list?.length === 0 && (narrowed
        ? <Empty title="Nothing is like that"><button type="button" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Show all</button></Empty>
        : <Empty title={nothing.title}><p>{nothing.hint}</p></Empty>)}
      {shown && shown.length > 0 && (list || !problem) && (
        <div className={list ? 'scroll' : 'scroll stale'} role="region" aria-label={title} aria-busy={!list} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {columns.map(({ name, number, by }) => (
                  <th key={name} scope="col" className={number ? 'number' : undefined} aria-sort={by === undefined ? undefined : by !== order.field ? 'none' : order.direction === 'ASC' ? 'ascending' : 'descending'}>
                    {by === undefined ? name : (
                      <button type="button" className="sort" onClick={() => put('sort', toAddress(pressed(order, by)))}>
                        {name}{by === order.field && (order.direction === 'ASC' ? <ArrowUp size={13} aria-hidden="true" /> : <ArrowDown size={13} aria-hidden="true" />)}
                      </button>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
      {older && <button type="button" className="more" onClick={older}>Show more</button>}
    </div>
  )
}
