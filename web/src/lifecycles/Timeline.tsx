import { Hammer, Rocket, Shuffle, Trash2, type LucideIcon } from 'lucide-react'
import { memo } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import type { Lifecycle } from '../data/documents'
import { isOver } from '../data/journal'
import type { LifecycleOperation } from '../gql/graphql'
import { Took } from '../ui/Countdown'
import { Moment } from '../ui/Moment'
import { ServiceChange } from '../ui/Services'
import { Standing } from '../ui/Standing'
import '../styles/lifecycles.css'
import { grouped } from '../data/grouped'

const icons: Record<LifecycleOperation, LucideIcon> = { DEPLOY: Rocket, MUTATE: Shuffle, TEARDOWN: Trash2, REPAIR: Hammer }
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const dayOfAnother = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const inWords = (day: string) => (new Date(day).getFullYear() === new Date().getFullYear() ? dayOfYear : dayOfAnother).format(new Date(day))

/** Lifecycles by day, newest first. */
export function Timeline({ lifecycles, about = 'fleet' }: { lifecycles: readonly Lifecycle[]; about?: 'fleet' | 'decky' }) {
  return (
    <div className="timeline">
      {[...grouped(lifecycles, (l) => new Date(l.createdAt).toDateString())].map(([day, some]) => (
        <section key={day} aria-label={inWords(day)}>
          <h2 className="day">{inWords(day)}</h2>
          <ol>{some.map((l) => <Item key={l.id} lifecycle={l} withDecky={about === 'fleet'} />)}</ol>
        </section>
      ))}
    </div>
  )
}

const Item = memo(function Item({ lifecycle: l, withDecky }: { lifecycle: Lifecycle; withDecky: boolean }) {
  const Icon = icons[l.operation]
  return (
    <li className="event" data-lifecycle={l.id} data-status={l.status.toLowerCase()}>
      <span className="event-icon"><Icon size={15} aria-hidden="true" /></span>
      <div className="event-main">
        <p className="event-line">
          <Link href={paths.lifecycle(l.id)}>{l.operation.toLowerCase()}</Link>
          {withDecky && <Link href={paths.decky(l.deploymentName, l.deckyName)}>{l.deckyName}</Link>}
          <Standing of={l.status} />
          {!isOver(l) && l.stage && <span className="faint">{l.stage}</span>}
        </p>
        {l.operation !== 'TEARDOWN' && <ServiceChange from={l.fromServices} to={l.toServices} />}
        {l.error && <p className="problem">{l.error.code}: {l.error.message}</p>}
      </div>
      <p className="event-facts faint">
        <span>by {l.actor ?? l.trigger.toLowerCase()}</span>
        <Took from={l.createdAt} to={l.completedAt} />
        <Moment at={l.createdAt} />
      </p>
    </li>
  )
})
