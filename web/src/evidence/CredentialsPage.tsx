import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { Interaction } from '../data/documents'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { looked, scope } from './scope'
import { credentialsOf } from './sessions'
import { useSample } from './useSample'
import '../styles/evidence.css'

/** How many rows are drawn. */
const rows = 300
const signIns = { type: 'auth_attempt' }
const isSignIn = (i: Interaction) => i.type === 'auth_attempt'

/** What intruders tried to sign in with. */
export default function CredentialsPage() {
  const sample = useSample(signIns, looked, isSignIn)
  const [params, setParams] = useSearchParams()
  const q = params.get('q') ?? ''
  const all = useMemo(() => credentialsOf(sample.interactions ?? []), [sample.interactions])
  const shown = all.filter((c) => c.principal.includes(q) || c.secret.includes(q))
  return (
    <div className="page">
      <PageHead title="Credentials" about={sample.interactions && `${scope(sample).replace('interactions', 'attempts to sign in')} Those that are tried the most come first.`} />
      {sample.problem && <Problem problem={sample.problem} again={sample.again} />}
      {!sample.interactions && !sample.problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {sample.interactions && all.length === 0 && <Empty title="Nobody has tried to sign in yet"><p>Each name and secret that is tried on a decky shows here.</p></Empty>}
      {all.length > 0 && (
        <>
          <search className="filters"><input type="search" aria-label="Search credentials" placeholder="Name or secret…" value={q} onChange={(e) => setParams(e.target.value ? { q: e.target.value } : {}, { replace: true })} /></search>
          <div className="scroll" role="region" aria-label="Credentials" tabIndex={0}>
            <table>
              <thead><tr><th scope="col">Name</th><th scope="col">Secret</th><th scope="col" className="number">Tried</th><th scope="col" className="number">Let in</th><th scope="col" className="number">Sources</th><th scope="col">Services</th><th scope="col">Last tried</th></tr></thead>
              <tbody>
                {shown.slice(0, rows).map((c) => (
                  <tr key={`${c.principal}\0${c.secret}`} data-credential>
                    <th scope="row"><Hostile text={c.principal} /></th>
                    <td><Hostile text={c.secret} /></td>
                    <td className="number">{c.count}</td>
                    <td className="number">{c.accepted}</td>
                    <td className="number">{c.sources}</td>
                    <td><span className="chips">{c.services.map((s) => <span key={s} className="chip">{s}</span>)}</span></td>
                    <td><Ago at={c.last} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {shown.length > rows && <p className="faint">{shown.length - rows} more are not shown: search for what you look for.</p>}
        </>
      )}
    </div>
  )
}
