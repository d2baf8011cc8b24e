import { Shuffle } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { useAsk } from '../api/useAsk'
import { deckyDetail, type Lifecycle } from '../data/documents'
import { deckyKey } from '../data/journal'
import { useStore } from '../data/store'
import { useNewestTouches } from '../data/touches'
import { Dialogs, type Asked } from '../fleet/Dialogs'
import { InteractionList } from '../interactions/InteractionList'
import { useInteractions, type Question } from '../interactions/useInteractions'
import { Timeline } from '../lifecycles/Timeline'
import { useLifecycles } from '../lifecycles/useLifecycles'
import { Ago, Countdown } from '../ui/Countdown'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Standing } from '../ui/Standing'
import { Touches } from '../ui/Touches'
import { Identity } from './Identity'
import { OpenSessions } from './OpenSessions'
import { Realism } from './Realism'
import { ServiceTable } from './ServiceTable'
import { Settings } from './Settings'
import '../styles/decky.css'

/** One decky: what it pretends to be, what happened to it, and who was there. Its record stays when it is gone. */
export default function DeckyPage({ deployment, name }: { deployment: string; name: string }) {
  const { data, mayChange } = useApp()
  const fleet = useStore(data.deckies)
  const decky = useMemo(() => [...(fleet?.values() ?? [])].find((d) => d.name === name && d.deployment.name === deployment), [fleet, name, deployment])
  const { data: detail, again: askDetail } = useAsk(deckyDetail, { deployment, name })
  // Its interval and its repairs are not among what the stream tells, only that something is another.
  useEffect(askDetail, [askDetail, decky])
  const [asked, setAsked] = useState<Asked | null>(null)
  const touches = useNewestTouches()

  const its = useCallback((l: Lifecycle) => l.deckyName === name && l.deploymentName === deployment, [name, deployment])
  const { list: lifecycles, problem, again, older } = useLifecycles({ deckyName: name, deploymentName: deployment }, its)
  const where = useMemo<Question>(() => ({ deckyName: name, deploymentName: deployment, originNEQ: 'KNOWN' }), [name, deployment])
  const interactions = useInteractions(where)
  const gone = fleet && !decky && detail && !detail.decky
  if (gone && lifecycles?.length === 0 && interactions.list?.length === 0) {
    return (
      <div className="page">
        <PageHead title={name} />
        <Empty title="There is no decky of this name"><p>None is or was called {name} in {deployment}, as far as is recorded. <Link href={paths.fleet}>Go to the fleet</Link></p></Empty>
      </div>
    )
  }

  return (
    <div className="page">
      <PageHead
        title={name}
        about={decky
          ? <span className="inline"><Standing of={decky.state} /><span>{decky.hostname}</span><code>{decky.ip}</code><Touches decky={decky.id} newest={touches.get(deckyKey(deployment, name))} /><span aria-hidden="true">touches in the last day</span></span>
          : gone && lifecycles && interactions.list && 'It is gone. What was recorded of it stays.'}
      >
        {mayChange && decky && (
          <>
            <button type="button" className="danger" onClick={() => setAsked({ kind: 'teardown', deckies: [decky] })}>Tear down…</button>
            <button type="button" onClick={() => setAsked({ kind: 'interval', deckies: [decky], deployments: [] })}>Interval…</button>
            <button type="button" className="primary" onClick={() => setAsked({ kind: 'mutate', deckies: [decky] })}><Shuffle size={16} aria-hidden="true" />Mutate…</button>
          </>
        )}
      </PageHead>
      {decky && (
        <div className="decky-top">
          <Identity decky={decky} detail={detail?.decky ?? null} />
          <section className="panel" aria-labelledby="services">
            <h2 id="services">Services</h2>
            <ServiceTable decky={decky} />
            <p className="faint">
              {decky.lastMutatedAt ? <>Changed <Ago at={decky.lastMutatedAt} />. </> : 'Never changed. '}
              {decky.nextMutationAt && <>Changes by itself <Countdown to={decky.nextMutationAt} />.</>}
            </p>
          </section>
          <Settings decky={decky} />
          <Realism decky={decky} />
        </div>
      )}
      <div className="decky-columns">
        <section aria-labelledby="lifecycles">
          <h2 id="lifecycles">Lifecycles</h2>
          {problem && <Problem problem={problem} again={again} />}
          {lifecycles?.length === 0 && <Empty title="No lifecycle bears this name"><Link href={paths.fleet}>Go to the fleet</Link></Empty>}
          {lifecycles && lifecycles.length > 0 && <Timeline lifecycles={lifecycles} about="decky" />}
          {older && <button type="button" className="more" onClick={older}>Show older ones</button>}
        </section>
        <section aria-labelledby="interactions">
          {decky && <OpenSessions decky={decky.id} />}
          <h2 id="interactions">Interactions</h2>
          {interactions.problem && <Problem problem={interactions.problem} again={interactions.again} />}
          {interactions.list?.length === 0 && <Empty title="Nobody has touched it yet"><p>Connect to one of its services: it shows here.</p></Empty>}
          {interactions.list && interactions.list.length > 0 && <InteractionList interactions={interactions.list} withDecky={false} />}
          {interactions.older && <button type="button" className="more" onClick={interactions.older}>Show older ones</button>}
        </section>
      </div>
      {asked && <Dialogs asked={asked} onClose={() => setAsked(null)} />}
    </div>
  )
}
