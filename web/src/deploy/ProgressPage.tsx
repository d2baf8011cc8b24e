import { useMemo } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { inWords, request } from '../api/request'
import { retryLifecycle } from '../data/documents'
import { deckyKey, isOver, type Entry } from '../data/journal'
import { useStore } from '../data/store'
import { useFollow } from '../data/useFollow'
import { Moment } from '../ui/Moment'
import { Empty } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { ProgressRow } from './ProgressRow'
import { useDeploy } from './useDeploy'
import '../styles/deploy.css'

/** A deploy, decky by decky, as the journal tells it: from the first step, whenever one comes. */
export default function ProgressPage({ deploy }: { deploy: string }) {
  const { client, data, actions, mayChange } = useApp()
  const [sending, follow] = useDeploy(deploy)
  const ids = sending.kind === 'accepted' ? sending.lifecycleIds : []
  const journal = useFollow(ids)
  const entries = ids.flatMap((id) => journal?.entries.get(id) ?? [])
  const fleet = useStore(data.deckies)
  // What failed may have been repaired since, or mutated: the decky tells, the lifecycle does not.
  const inStep = useMemo(
    () => new Set([...(fleet?.values() ?? [])].filter((d) => d.state === 'RUNNING' && d.generation === d.observedGeneration).map((d) => deckyKey(d.deployment.name, d.name))),
    [fleet],
  )
  const repaired = ({ lifecycle: l }: Entry) => l.status === 'FAILED' && inStep.has(deckyKey(l.deploymentName, l.deckyName))

  const retry = (entry: Entry) =>
    void actions.run(`Retry ${entry.lifecycle.deckyName}`, async () => {
      const { retryLifecycle: answer } = await request(client, retryLifecycle, { id: entry.lifecycle.id })
      const [fresh] = answer.lifecycleIds
      if (fresh) follow(ids.map((id) => (id === entry.lifecycle.id ? fresh : id)))
      return answer
    })

  if (sending.kind === 'unknown') {
    return (
      <div className="page">
        <PageHead title="Deploy" />
        <Empty title="This browser knows no such deploy">
          <p>It may have begun in another browser. <Link href={paths.lifecycles}>The lifecycles</Link> have them all.</p>
        </Empty>
      </div>
    )
  }
  if (sending.kind === 'refused') {
    return (
      <div className="page">
        <PageHead title="The deploy was refused" about="Nothing was changed." />
        <p role="alert" className="notice bad">{inWords(sending.problem)}</p>
        <p><Link className="button" href={paths.deploy}>Back to the wizard</Link></p>
      </div>
    )
  }
  return (
    <div className="page">
      <PageHead
        title={`Deploying to ${sending.deploy.input.deployment ?? 'default'}`}
        about={<>Asked for <Moment at={sending.deploy.at} />. You can close this page and come back: it shows where the deploy stands.</>}
      >
        <Link className="button" href={paths.fleet}>Go to the fleet</Link>
        <Link className="button" href={paths.deploy}>Deploy more</Link>
      </PageHead>
      {sending.kind === 'sending' && (
        <p role="status" className="waiting">
          {sending.problem ? `${sending.problem} It will be asked again, under the same key: it is deployed once.` : 'Asking the server…'}
        </p>
      )}
      {sending.kind === 'accepted' && <Summary entries={entries} repaired={repaired} of={ids.length} />}
      {sending.kind === 'accepted' && journal === null && ids.length > 0 && <p role="status" className="waiting">Reading the journal…</p>}
      {entries.length > 0 && (
        <ol className="progress" aria-label="Deckies">
          {entries.map((entry) => <ProgressRow key={entry.lifecycle.id} entry={entry} repaired={repaired(entry)} onRetry={mayChange ? retry : undefined} />)}
        </ol>
      )}
    </div>
  )
}

function Summary({ entries, repaired, of }: { entries: readonly Entry[]; repaired: (entry: Entry) => boolean; of: number }) {
  const over = entries.filter((e) => isOver(e.lifecycle))
  const mended = over.filter(repaired).length
  const up = over.filter((e) => e.lifecycle.status === 'SUCCEEDED').length + mended
  const failed = over.filter((e) => e.lifecycle.status === 'FAILED').length - mended
  return (
    <div className="summary">
      <div className="bar-of" role="progressbar" aria-label="Deckies that are done" aria-valuemin={0} aria-valuemax={of} aria-valuenow={over.length}>
        <span className="well" style={{ width: `${(100 * up) / of}%` }} />
        <span className="failed" style={{ width: `${(100 * failed) / of}%` }} />
        <span className="ended" style={{ width: `${(100 * (over.length - up - failed)) / of}%` }} />
      </div>
      <p role="status">
        {up} of {of} up{failed > 0 && <span className="problem">, {failed} failed</span>}
        {mended > 0 && <span className="faint">, {mended} failed at first and repaired since</span>}
        {up === of && '. All of them answer.'}
      </p>
    </div>
  )
}
