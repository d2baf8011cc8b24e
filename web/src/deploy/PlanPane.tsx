import { Rocket } from 'lucide-react'
import type { Fault } from './draft'
import type { Plan } from './usePlan'

/** What would come of the form: names, addresses and services, from the server's dry run. */
export function PlanPane({ plan: { planned, problem, stale }, lacks }: { plan: Plan; lacks: Fault | null }) {
  const count = planned?.length ?? 0
  return (
    <div className="wizard-side">
      <aside className="plan" aria-label="The plan" aria-busy={stale && !lacks}>
        <div className="step-head">
          <h2><span className="step-no" aria-hidden="true">3</span>The plan</h2>
          <span role="status" className="faint">{lacks ? '' : stale ? 'asking…' : planned && (count === 1 ? '1 decky' : `${count} deckies`)}</span>
        </div>
        {lacks && <p className="faint">{lacks.words}</p>}
        {!lacks && problem && <p role="alert" className="problem">{problem.words}</p>}
        {!lacks && planned && (
          <div className={stale ? 'plan-list stale' : 'plan-list'} tabIndex={0} role="region" aria-label="Planned deckies">
            <table>
              <thead><tr><th scope="col">Decky</th><th scope="col">Address</th><th scope="col">Services</th></tr></thead>
              <tbody>
                {planned.map((d) => (
                  <tr key={d.name} data-planned={d.name}>
                    <th scope="row">{d.name}<span className="faint">{d.hostname}</span></th>
                    <td><code className="address">{d.ip}</code>{d.mac && <code className="address faint">{d.mac}</code>}</td>
                    <td><span className="chips">{d.services.map((s) => <span key={s} className="chip">{s}</span>)}</span></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </aside>
      <div className="deploy-bar">
        <button type="submit" className="primary large" disabled={lacks !== null || stale || !planned?.length}>
          <Rocket size={17} aria-hidden="true" />Deploy {planned && !stale && !lacks ? (count === 1 ? '1 decky' : `${count} deckies`) : ''}
        </button>
      </div>
    </div>
  )
}
