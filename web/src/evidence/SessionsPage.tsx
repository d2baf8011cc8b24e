import { useCallback, useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { paths } from '../app/paths'
import type { Interaction } from '../data/documents'
import { Ago, Took } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { looked, scope } from './scope'
import { sessionsOf } from './sessions'
import { useSample } from './useSample'
import '../styles/evidence.css'

/** How many rows are drawn. */
const rows = 300

/** The conversations that intruders had with deckies. */
export default function SessionsPage() {
  const [params] = useSearchParams()
  const source = params.get('source') ?? ''
  const where = useMemo(() => ({ sessionNEQ: '', ...(source && { sourceIP: source }) }), [source])
  const fit = useCallback((i: Interaction) => i.session !== '' && (!source || i.sourceIP === source), [source])
  const sample = useSample(where, looked, fit)
  const sessions = useMemo(() => sessionsOf(sample.interactions ?? []), [sample.interactions])
  return (
    <div className="page">
      <PageHead title="Sessions" about={<>{scope(sample)}{source && <> From <Hostile text={source} />. <Link href={paths.sessions}>All of them</Link></>}</>} />
      {sample.problem && <Problem problem={sample.problem} again={sample.again} />}
      {!sample.interactions && !sample.problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {sample.interactions && sessions.length === 0 && <Empty title="Nobody has talked to a decky yet"><p>Each conversation shows here, to be replayed.</p></Empty>}
      {sessions.length > 0 && (
        <div className="scroll" role="region" aria-label="Sessions" tabIndex={0}>
          <table>
            <thead><tr><th scope="col">Began</th><th scope="col">Service</th><th scope="col">Decky</th><th scope="col">From</th><th scope="col" className="number">Interactions</th><th scope="col" className="number">Commands</th><th scope="col">Took</th><th scope="col"><span className="unseen">Replay</span></th></tr></thead>
            <tbody>
              {sessions.slice(0, rows).map((s) => (
                <tr key={s.id} data-session={s.id}>
                  <th scope="row"><Ago at={s.first} /></th>
                  <td><span className="badge service">{s.service}</span>{s.open && <span className="badge running">open</span>}</td>
                  <td><Link href={paths.decky(s.deploymentName, s.deckyName)}>{s.deckyName}</Link></td>
                  <td><Hostile text={s.sourceIP} /></td>
                  <td className="number">{s.count}</td>
                  <td className="number">{s.commands}</td>
                  <td><Took from={s.first} to={s.open ? null : s.last} /></td>
                  <td><Link href={paths.session(s.id)}>Replay</Link></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}
