import { RefreshCw } from 'lucide-react'
import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { usePaged } from '../data/usePaged'
import type { AuditPageQuery } from '../gql/graphql'
import { Hostile } from '../ui/Hostile'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Typed } from '../ui/Typed'
import { auditFilters, auditWhere, readable } from './audit'
import { auditPage } from './documents'
import { OnlyAdmins } from './OnlyAdmins'
import '../styles/access.css'

const pageSize = 100
const pick = ({ auditLog }: AuditPageQuery) => auditLog

/** Who asked for what, from where, and what came of it. */
export default function AuditPage() {
  return <OnlyAdmins title="Audit trail"><Audit /></OnlyAdmins>
}

function Audit() {
  const [params, setParams] = useSearchParams()
  const filters = useMemo(() => auditFilters(params), [params])
  const { list, problem, again, older } = usePaged(auditPage, { first: pageSize, where: auditWhere(filters) }, pick)
  const change = (name: keyof typeof filters, value: string) =>
    setParams((before) => {
      const next = new URLSearchParams(before)
      if (value) next.set(name, value)
      else next.delete(name)
      return next
    }, { replace: true })

  return (
    <div className="page">
      <PageHead title="Audit trail" about="Every change, sign-in and refusal, newest first. Nothing can alter it.">
        <button type="button" onClick={again}><RefreshCw size={15} aria-hidden="true" />Look again</button>
      </PageHead>
      <search className="filters">
        <Typed label="Who" placeholder="Who…" value={filters.actor} ask={(value) => change('actor', value)} search />
        <Typed label="What" placeholder="What, as deploy" value={filters.action} ask={(value) => change('action', value)} />
        <select aria-label="Result" value={filters.result} onChange={(e) => change('result', e.target.value)}>
          <option value="">Any result</option>
          <option value="ok">done</option>
          <option value="refused">refused</option>
        </select>
      </search>
      {problem && <Problem problem={problem} again={again} />}
      {!list && !problem && <p role="status" className="waiting">Reading the trail…</p>}
      {list?.length === 0 && (params.size > 0
        ? <Empty title="Nothing is like that"><button type="button" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Show all</button></Empty>
        : <Empty title="Nothing was asked for yet" />)}
      {list && list.length > 0 && (
        <div className="scroll" role="region" aria-label="Audit trail" tabIndex={0}>
          <table className="audit">
            <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">From</th><th scope="col">What</th><th scope="col">Result</th><th scope="col">With</th></tr></thead>
            <tbody>
              {list.map((e) => (
                <tr key={e.id} data-audit={e.action} data-result={e.result}>
                  <td><Moment at={e.at} /></td>
                  <th scope="row">{e.actor ? <Hostile text={e.actor} /> : <span className="faint">nobody</span>}</th>
                  <td><code>{e.peer}</code></td>
                  <td>{e.action}</td>
                  <td className={e.result === 'OK' ? 'faint' : 'problem'}>{e.result === 'OK' ? 'done' : e.result}</td>
                  <td className="audit-detail"><Hostile text={readable(e.detail)} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {older && <button type="button" className="more" onClick={older}>Show older ones</button>}
    </div>
  )
}
