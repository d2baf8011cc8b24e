import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import type { Paged } from '../data/usePaged'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Typed } from '../ui/Typed'
import '../styles/evidence.css'

interface Props {
  title: string
  about: ReactNode
  /** What may be searched for. */
  searches: string
  /** Where there is nothing yet: that, and what would be here. */
  nothing: { title: string; hint: string }
  page: Paged<unknown>
  /** The columns' headings. */
  columns: readonly { name: string; number?: boolean }[]
  children: ReactNode
}

/** How much of an intruder's text a table shows, in UTF-16 units: a name of kilobytes would be all that is in sight. The interactions have all of it. */
export const inTable = 80

/** The text that is searched for, as it stands in the address. */
export const useSearch = (): string => useSearchParams()[0].get('q') ?? ''

/** A searched, paged table of evidence. */
export function ListPage({ title, about, searches, nothing, page: { list, total, problem, again, older }, columns, children }: Props) {
  const [params, setParams] = useSearchParams()
  const q = params.get('q') ?? ''
  const search = (text: string) =>
    setParams((before) => {
      const next = new URLSearchParams(before)
      if (text) next.set('q', text)
      else next.delete('q')
      return next
    }, { replace: true })
  return (
    <div className="page">
      <PageHead title={title} about={about} />
      <search className="filters">
        <Typed label={`Search ${title.toLowerCase()}`} placeholder={searches} value={q} ask={search} search />
        {list && total !== null && total > 0 && <span role="status" className="faint count">{list.length < total ? `${list.length.toLocaleString()} of ${total.toLocaleString()}` : total.toLocaleString()}</span>}
      </search>
      {problem && <Problem problem={problem} again={again} />}
      {!list && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {list?.length === 0 && (params.size > 0
        ? <Empty title="Nothing is like that"><button type="button" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Show all</button></Empty>
        : <Empty title={nothing.title}><p>{nothing.hint}</p></Empty>)}
      {list && list.length > 0 && (
        <div className="scroll" role="region" aria-label={title} tabIndex={0}>
          <table>
            <thead><tr>{columns.map((c) => <th key={c.name} scope="col" className={c.number ? 'number' : undefined}>{c.name}</th>)}</tr></thead>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
      {older && <button type="button" className="more" onClick={older}>Show more</button>}
    </div>
  )
}
