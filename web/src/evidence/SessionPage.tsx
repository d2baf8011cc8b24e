import { useMemo } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import { InteractionList } from '../interactions/InteractionList'
import { useInteractions } from '../interactions/useInteractions'
import { Took } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { framesOf } from './frames'
import { Player } from './Player'
import { sessionsOf } from './sessions'
import '../styles/evidence.css'

/** One conversation of an intruder with a decky, to be replayed. */
export default function SessionPage({ id }: { id: string }) {
  const question = useMemo(() => ({ session: id }), [id])
  const { list, problem, again, older } = useInteractions(question)
  const frames = useMemo(() => framesOf((list ?? []).toReversed()), [list])
  const [session] = useMemo(() => sessionsOf(list ?? []), [list])
  return (
    <div className="page">
      <PageHead
        title="Session"
        about={session && (
          <span className="inline">
            <span className="badge service">{session.service}</span>
            <span>on <Link href={paths.decky(session.deploymentName, session.deckyName)}>{session.deckyName}</Link></span>
            <span>from <code><Hostile text={session.sourceIP} /></code></span>
            <Moment at={session.first} />
            <Took from={session.first} to={session.open ? null : session.last} />
          </span>
        )}
      >
        {older && <button type="button" onClick={older}>Read its beginning</button>}
      </PageHead>
      {problem && <Problem problem={problem} again={again} />}
      {list === null && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {list?.length === 0 && <Empty title="There is no such session"><Link href={paths.sessions}>See all sessions</Link></Empty>}
      {frames.length > 0 && <Player frames={frames} />}
      {list && list.length > 0 && <><h2>Everything that was recorded of it</h2><InteractionList interactions={list} withDecky={false} /></>}
    </div>
  )
}
