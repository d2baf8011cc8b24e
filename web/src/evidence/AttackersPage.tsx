import { useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { paths } from '../app/paths'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { looked, scope } from './scope'
import { attackersOf } from './sessions'
import { useSample } from './useSample'
import '../styles/evidence.css'

const everything = {}

/** Who came, by the address that they came from. */
export default function AttackersPage() {
  const sample = useSample(everything, looked)
  const [params, setParams] = useSearchParams()
  const q = params.get('q') ?? ''
  const attackers = useMemo(() => attackersOf(sample.interactions ?? []), [sample.interactions])
  const shown = attackers.filter((a) => [a.sourceIP, ...a.deckies, ...a.services].some((text) => text.includes(q)))
  return (
    <div className="page">
      <PageHead title="Attackers" about={scope(sample)} />
      {sample.problem && <Problem problem={sample.problem} again={sample.again} />}
      {!sample.interactions && !sample.problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {sample.interactions && attackers.length === 0 && <Empty title="Nobody has come yet"><p>Each address that touches a decky shows here.</p></Empty>}
      {attackers.length > 0 && (
        <>
          <search className="filters"><input type="search" aria-label="Search attackers" placeholder="Address, decky or service…" value={q} onChange={(e) => setParams(e.target.value ? { q: e.target.value } : {}, { replace: true })} /></search>
          <div className="scroll" role="region" aria-label="Attackers" tabIndex={0}>
            <table>
              <thead><tr><th scope="col">Address</th><th scope="col">Last seen</th><th scope="col">First seen</th><th scope="col" className="number">Interactions</th><th scope="col" className="number">Sessions</th><th scope="col" className="number">Credentials</th><th scope="col">Services</th><th scope="col">Deckies</th></tr></thead>
              <tbody>
                {shown.map((a) => (
                  <tr key={a.sourceIP} data-attacker={a.sourceIP}>
                    <th scope="row"><Link href={`${paths.interactions}?source=${encodeURIComponent(a.sourceIP)}`}><Hostile text={a.sourceIP} /></Link></th>
                    <td><Ago at={a.last} /></td>
                    <td><Ago at={a.first} /></td>
                    <td className="number">{a.count}</td>
                    <td className="number"><Link href={`${paths.sessions}?source=${encodeURIComponent(a.sourceIP)}`}>{a.sessions}</Link></td>
                    <td className="number">{a.credentials}</td>
                    <td><span className="chips">{a.services.map((s) => <span key={s} className="chip">{s}</span>)}</span></td>
                    <td className="names">{a.deckies.join(', ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  )
}
