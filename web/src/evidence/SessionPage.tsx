import { useMemo } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import { useAsk } from '../api/useAsk'
import { nodes } from '../data/nodes'
import { InteractionList } from '../interactions/InteractionList'
import { useInteractions } from '../interactions/useInteractions'
import { Took } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { framesOfCast } from './asciicast'
import { sessionDetail } from './documents'
import { framesOf } from './frames'
import { inTable } from './ListPage'
import { Player } from './Player'
import { useLively } from './useLively'
import '../styles/evidence.css'

/** How IDs of sessions begin; what begins otherwise is the key by which interactions name theirs. */
const ofIds = 'ses_'

/** One conversation of an intruder with a decky, to be replayed: what its terminal showed where there was one, else what was recorded of it. */
export default function SessionPage({ id }: { id: string }) {
  const where = useMemo(() => (id.startsWith(ofIds) ? { id } : { key: id }), [id])
  const { data, problem, again } = useAsk(sessionDetail, { where })
  useLively(again)
  const session = data && nodes(data.sessions)[0]
  // What was recorded of a session may be there when the session itself is not yet, or no longer.
  const key = session?.key ?? where.key
  return (
    <div className="page">
      <PageHead
        title={session ? `Session on ${session.deckyName}` : 'Session'}
        about={session && (
          <span className="inline">
            <span className="badge service">{session.service}</span>
            <span>on <Link href={paths.decky(session.deploymentName, session.deckyName)}>{session.deckyName}</Link></span>
            <span>from <Link href={`${paths.interactions}?source=${encodeURIComponent(session.sourceIP)}`}><code><Hostile text={session.sourceIP} /></code></Link></span>
            {session.principal && <span className="inline"><span>tried to sign in as <Hostile text={session.principal} limit={inTable} /></span>{session.authenticated && <span className="badge degraded">let in</span>}</span>}
            <Moment at={session.startedAt} />
            <Took from={session.startedAt} to={session.endedAt} />
            {!session.endedAt && <span className="badge running">open</span>}
            <code className="address" title="decnet replay takes it">{session.id}</code>
          </span>
        )}
      />
      {problem && <Problem problem={problem} again={again} />}
      {!data && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {data && (key === undefined ? <NoSuch /> : <Recorded key={key} session={key} known={session !== undefined} recording={session?.recording} />)}
    </div>
  )
}

const NoSuch = () => <Empty title="There is no such session"><Link href={paths.sessions}>See all sessions</Link></Empty>

function Recorded({ session, known, recording }: { session: string; known: boolean; recording: string | null | undefined }) {
  const question = useMemo(() => ({ session }), [session])
  const { list, problem, again, older } = useInteractions(question)
  const cast = useMemo(() => (recording ? framesOfCast(recording) : []), [recording])
  const happened = useMemo(() => framesOf((list ?? []).toReversed()), [list])
  const terminal = cast.length > 0
  const frames = terminal ? cast : happened
  return (
    <>
      {problem && <Problem problem={problem} again={again} />}
      {!known && list?.length === 0 && <NoSuch />}
      {frames.length > 0 && <Player key={String(terminal)} frames={frames} terminal={terminal} />}
      {list && list.length > 0 && <><h2>What was recorded of it</h2><InteractionList interactions={list} withDecky={false} withSession={false} /></>}
      {older && <button type="button" className="more" onClick={older}>Show older ones</button>}
    </>
  )
}
