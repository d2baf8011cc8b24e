import { ShieldPlus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { Confirm } from '../access/Confirm'
import { useAsk } from '../api/useAsk'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { Ago } from '../ui/Countdown'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { knownSources, removeKnownSource, type KnownSource } from './documents'
import { KnownDialog } from './KnownDialog'
import '../styles/evidence.css'

const nothing = {}
/** How often the counts are asked for, in milliseconds. */
const anew = 30_000

/** The sources whose touches are expected, and how much each has hidden. */
export default function KnownPage() {
  const { mayChange } = useApp()
  const { data, problem, again } = useAsk(knownSources, nothing)
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<KnownSource | null>(null)
  useEffect(() => { // what is hidden comes by no stream
    const timer = setInterval(again, anew)
    return () => clearInterval(timer)
  }, [again])
  return (
    <div className="page">
      <PageHead title="Known sources" about="Scanners, monitors and others whose touches are expected. What comes from there is kept and marked, and is nobody’s attack.">
        {mayChange && <button type="button" className="primary" onClick={() => setAdding(true)}><ShieldPlus size={16} aria-hidden="true" />Name one…</button>}
      </PageHead>
      {problem && <Problem problem={problem} again={again} />}
      {!data && !problem && <p role="status" className="waiting">Reading the known sources…</p>}
      {data?.knownSources.length === 0 && <Empty title="None is known"><p>Every touch is an intruder’s. Name your vulnerability scanner, and its nightly round hides nobody.</p></Empty>}
      {data && data.knownSources.length > 0 && (
        <div className="scroll" role="region" aria-label="Known sources" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Network</th><th scope="col">Who that is</th><th scope="col">By</th><th scope="col">Since</th><th scope="col">Ends</th>
                <th scope="col" className="number">Interactions hidden</th><th scope="col">Last</th>{mayChange && <th scope="col"><span className="unseen">Actions</span></th>}
              </tr>
            </thead>
            <tbody>
              {data.knownSources.map((k) => (
                <tr key={k.id} data-known={k.network}>
                  <th scope="row"><code className="address">{k.network}</code></th>
                  <td>{k.note}</td>
                  <td>{k.createdBy}</td>
                  <td><Moment at={k.createdAt} /></td>
                  <td>{ends(k)}</td>
                  <td className="number"><Link href={`${paths.interactions}?whose=known${k.network.includes('/') ? '' : `&source=${encodeURIComponent(k.network)}`}`}>{k.interactions.toLocaleString()}</Link></td>
                  <td>{k.lastSeenAt ? <Ago at={k.lastSeenAt} /> : <span className="faint">never</span>}</td>
                  {mayChange && <td className="number"><button type="button" className="quiet" onClick={() => setRemoving(k)} aria-label={`Remove ${k.network}…`}>Remove…</button></td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding && <KnownDialog onAdded={again} onClose={() => setAdding(false)} />}
      {removing && (
        <Confirm
          title={`Remove ${removing.network}?`} about="What comes from there from now on is an intruder’s. What came so far stays as it is." act="Remove it" danger
          document={removeKnownSource} variables={{ id: removing.id }} onDone={() => { setRemoving(null); again() }} onClose={() => setRemoving(null)}
        />
      )}
    </div>
  )
}

function ends({ expiresAt }: KnownSource) {
  if (!expiresAt) return <span className="faint">never</span>
  return Date.parse(expiresAt) <= Date.now() ? <span className="badge degraded">has ended</span> : <Moment at={expiresAt} />
}
