import { Check, CircleAlert, LoaderCircle, RotateCcw } from 'lucide-react'
import { memo } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import { isOver, type Entry } from '../data/journal'
import { Took } from '../ui/Countdown'
import { Standing } from '../ui/Standing'

interface Props {
  entry: Entry
  /** It failed, and its decky has been brought in step since. */
  repaired: boolean
  onRetry?: ((entry: Entry) => void) | undefined
}

/** One decky of a deploy and the stages that it went through, each as the journal has it. */
export const ProgressRow = memo(function ProgressRow({ entry, repaired, onRetry }: Props) {
  const { lifecycle: l, steps } = entry
  const stages = steps.filter((s, i) => s.stage && s.stage !== steps[i - 1]?.stage)
  const over = isOver(l)
  const Icon = l.status === 'SUCCEEDED' || repaired ? Check : over ? CircleAlert : LoaderCircle
  return (
    <li className="progress-row" data-progress={l.deckyName} data-status={l.status.toLowerCase()} data-repaired={repaired || undefined}>
      <Icon size={20} aria-hidden="true" className="progress-icon" />
      <div className="progress-name">
        <Link href={paths.decky(l.deploymentName, l.deckyName)}>{l.deckyName}</Link>
        <span className="faint">{l.toServices.join(', ')}</span>
      </div>
      <ol className="stages" aria-label={`Stages of ${l.deckyName}`}>
        {stages.map((s, i) => <li key={s.seq} aria-current={!over && i === stages.length - 1 ? 'step' : undefined} title={new Date(s.at).toLocaleString()}>{s.stage}</li>)}
        {stages.length === 0 && <li>{l.stage ?? (over ? 'its steps are no longer kept' : 'waits for a runner')}</li>}
      </ol>
      <div className="progress-end">
        {repaired ? <span className="badge succeeded">failed at first, repaired since</span> : <Standing of={l.status} />}
        <Took from={l.createdAt} to={l.completedAt} />
        <Link href={paths.lifecycle(l.id)} aria-label={`Details of ${l.deckyName}’s lifecycle`}>Details</Link>
      </div>
      {l.error && (
        <div className={repaired ? 'progress-error faint' : 'progress-error problem'}>
          <p><b>{l.error.code}</b>: {l.error.message}</p>
          {l.error.detail && <pre>{l.error.detail}</pre>}
          {onRetry && l.status === 'FAILED' && !repaired && <button type="button" onClick={() => onRetry(entry)}><RotateCcw size={15} aria-hidden="true" />Retry {l.deckyName}</button>}
        </div>
      )}
    </li>
  )
})
