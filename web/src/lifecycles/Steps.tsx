import type { Entry } from '../data/journal'
import { inTime } from '../ui/duration'
import { Moment } from '../ui/Moment'

/** The steps of a lifecycle, as they came, and why it failed. */
export function Steps({ entry: { lifecycle, steps, hole } }: { entry: Entry }) {
  return (
    <>
      {steps.length === 0 && <p className="faint">{lifecycle.stage ?? 'Its steps are no longer in the journal.'}</p>}
      {steps.length > 0 && (
        <ol className="steps">
          {steps.map((step, i) => {
            const before = steps[i - 1]
            return (
              <li key={step.seq} value={step.seq} data-status={step.status.toLowerCase()}>
                <span className="step-words"><b>{step.status.toLowerCase()}</b>{step.stage && ` ${step.stage}`}{step.attempt > 1 && <span className="faint"> (attempt {step.attempt})</span>}</span>
                <span className="faint step-time">{before && `+${inTime(Date.parse(step.at) - Date.parse(before.at))} `}<Moment at={step.at} /></span>
              </li>
            )
          })}
        </ol>
      )}
      {hole && <p className="problem">Steps are missing here: reload the page.</p>}
      {lifecycle.error && (
        <div className="problem">
          <p><b>{lifecycle.error.code}</b>: {lifecycle.error.message}</p>
          {lifecycle.error.detail && <pre>{lifecycle.error.detail}</pre>}
        </div>
      )}
    </>
  )
}
