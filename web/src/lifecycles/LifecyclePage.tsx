import { useEffect } from 'react'
import { Link, useLocation } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { isAbsent, request } from '../api/request'
import { useAsk } from '../api/useAsk'
import { cancelLifecycle, lifecycleDetail, retryLifecycle } from '../data/documents'
import { isOver } from '../data/journal'
import { nodes } from '../data/nodes'
import { useFollow } from '../data/useFollow'
import type { LifecycleOperation } from '../gql/graphql'
import { Took } from '../ui/Countdown'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { ServiceChange } from '../ui/Services'
import { Standing } from '../ui/Standing'
import { Steps } from './Steps'
import '../styles/lifecycles.css'

const words: Record<LifecycleOperation, string> = { DEPLOY: 'Deploy of', MUTATE: 'Mutation of', TEARDOWN: 'Teardown of', REPAIR: 'Repair of' }

/** One lifecycle in full, live while it goes on. */
export default function LifecyclePage({ id }: { id: string }) {
  const { client, actions, mayChange } = useApp()
  const [, go] = useLocation()
  const { data, problem, again } = useAsk(lifecycleDetail, { id })
  const detail = data && nodes(data.lifecycles)[0]
  const entry = useFollow(detail ? [id] : [])?.entries.get(id)
  const l = entry?.lifecycle ?? detail
  const status = l?.status
  useEffect(() => {
    if (status) again() // who took its place, and when it began, are not among what the journal tells
  }, [status, again])

  if (!l || !detail) {
    return (
      <div className="page">
        <PageHead title="Lifecycle" />
        {isAbsent(problem) || (data && !problem)
          ? <Empty title="There is no such lifecycle"><Link href={paths.lifecycles}>See all lifecycles</Link></Empty>
          : problem ? <Problem problem={problem} again={again} /> : <p role="status" className="waiting">Reading the journal…</p>}
      </div>
    )
  }
  const retry = async () => {
    const ids = await actions.run(`Retry ${l.deckyName}`, async () => (await request(client, retryLifecycle, { id })).retryLifecycle)
    if (ids?.[0]) go(paths.lifecycle(ids[0]))
  }
  const cancel = () => void actions.run(`Cancel the ${l.operation.toLowerCase()} of ${l.deckyName}`, async () => {
    await request(client, cancelLifecycle, { id })
    return { lifecycleIds: [id] }
  })

  return (
    <div className="page">
      <PageHead title={`${words[l.operation]} ${l.deckyName}`} about={<span className="inline"><Standing of={l.status} /><Took from={l.createdAt} to={l.completedAt} /></span>}>
        {mayChange && !isOver(l) && <button type="button" className="danger" onClick={cancel}>Cancel it</button>}
        {mayChange && (l.status === 'FAILED' || l.status === 'CANCELED') && <button type="button" className="primary" onClick={() => void retry()}>Try again</button>}
      </PageHead>
      <dl className="facts">
        <div><dt>Decky</dt><dd><Link href={paths.decky(l.deploymentName, l.deckyName)}>{l.deckyName}</Link> <span className="faint">in {l.deploymentName}</span></dd></div>
        <div><dt>Asked by</dt><dd>{l.actor ?? 'the server itself'} <span className="faint">({l.trigger.toLowerCase()})</span></dd></div>
        <div><dt>Accepted</dt><dd><Moment at={l.createdAt} /></dd></div>
        <div><dt>Begun</dt><dd>{detail.startedAt ? <Moment at={detail.startedAt} /> : '–'}</dd></div>
        <div><dt>Over</dt><dd>{l.completedAt ? <Moment at={l.completedAt} /> : '–'}</dd></div>
        <div><dt>Attempts</dt><dd>{l.attempt}</dd></div>
        {detail.retryOf && <div><dt>Tries again</dt><dd><Link href={paths.lifecycle(detail.retryOf.id)}>an earlier one</Link></dd></div>}
        {detail.supersededBy && <div><dt>Its place was taken by</dt><dd><Link href={paths.lifecycle(detail.supersededBy.id)}>a newer one</Link></dd></div>}
        {detail.traceId && <div><dt>Trace</dt><dd><code>{detail.traceId}</code></dd></div>}
      </dl>
      <section aria-labelledby="services"><h2 id="services">Services</h2><ServiceChange from={l.fromServices} to={l.toServices} /></section>
      <section aria-labelledby="steps"><h2 id="steps">Steps</h2>{entry ? <Steps entry={entry} /> : <p role="status" className="faint">Reading the journal…</p>}</section>
    </div>
  )
}
