import { Moment } from '../text/Moment'
import type { Entry } from './journal'

/** Where a lifecycle stands, as a badge. */
export function Standing({ of }: { of: string }) {
  return <span className={`badge ${of.toLowerCase()}`}>{of.toLowerCase()}</span>
}

/** The steps of a lifecycle, as they came, and why it failed. */
export function Steps({ entry: { lifecycle, steps, hole } }: { entry: Entry }) {
  return (
    <>
      {steps.length === 0 && <p className="faint">{lifecycle.stage ?? 'Its steps were told before this page was opened.'}</p>}
      {steps.length > 0 && (
        <ol className="steps">
          {steps.map((step) => (
            <li key={step.seq} value={step.seq}>
              <Moment at={step.at} /> {step.status.toLowerCase()}
              {step.stage && `: ${step.stage}`}
              {step.attempt > 1 && ` (attempt ${step.attempt})`}
            </li>
          ))}
        </ol>
      )}
      {hole && <p className="problem">Steps are missing here: reload the page.</p>}
      {lifecycle.error && (
        <div className="problem">
          <p>{lifecycle.error.code}: {lifecycle.error.message}</p>
          {lifecycle.error.detail && <pre>{lifecycle.error.detail}</pre>}
        </div>
      )}
    </>
  )
}
