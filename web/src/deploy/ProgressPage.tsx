import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { inWords, request } from '../api/request'
import { retryLifecycle } from '../data/documents'
import { isOver, type Entry } from '../data/journal'
import { useFollow } from '../data/useFollow'
import { Moment } from '../ui/Moment'
import { Empty } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { ProgressRow } from './ProgressRow'
import { useDeploy } from './useDeploy'
import '../styles/deploy.css'

/** A deploy, decky by decky, as the journal tells it: from the first step, whenever one comes. */
export default function ProgressPage({ deploy }: { deploy: string }) {
  const { client, actions, mayChange } = useApp()
  const [sending, follow] = useDeploy(deploy)
  const ids = sending.kind === 'accepted' ? sending.lifecycleIds : []
  const journal = useFollow(ids)
  const entries = ids.flatMap((id) => journal?.entries.get(id) ?? [])

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
      {sending.kind === 'accepted' && <Summary entries={entries} of={ids.length} />}
      {sending.kind === 'accepted' && journal === null && ids.length > 0 && <p role="status" className="waiting">Reading the journal…</p>}
      {entries.length > 0 && (
        <ol className="progress" aria-label="Deckies">
          {entries.map((entry) => <ProgressRow key={entry.lifecycle.id} entry={entry} onRetry={mayChange ? retry : undefined} />)}
        </ol>
      )}
    </div>
  )
}

function Summary({ entries, of }: { entries: readonly Entry[]; of: number }) {
  const over = entries.filter((e) => isOver(e.lifecycle))
  const well = over.filter((e) => e.lifecycle.status === 'SUCCEEDED')
  const failed = over.filter((e) => e.lifecycle.status === 'FAILED')
  return (
    <div className="summary">
      <progress max={of} value={over.length} aria-label="Deckies that are done" />
      <p role="status">
        {well.length} of {of} up{failed.length > 0 && <span className="problem">, {failed.length} failed</span>}
        {over.length === of && failed.length === 0 && well.length === of && '. All of them answer.'}
      </p>
    </div>
  )
}
