import { useNow } from './clock'
import { inTime } from './duration'
import { Moment } from './Moment'

/** How long it is until a moment. */
export function Countdown({ to }: { to: string }) {
  const left = Date.parse(to) - useNow()
  return <time dateTime={to} title={new Date(to).toLocaleString()} className="count">{left > 0 ? `in ${inTime(left)}` : 'due'}</time>
}

/** How long ago a moment was, or its clock once that says more. */
export function Ago({ at }: { at: string }) {
  const gone = useNow() - Date.parse(at)
  if (gone > 86_400_000) return <Moment at={at} />
  return <time dateTime={at} title={new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })} className="count">{gone < 1_000 ? 'now' : `${inTime(gone)} ago`}</time>
}

/** How long something has taken, or takes so far. */
export function Took({ from, to }: { from: string; to: string | null | undefined }) {
  return to ? <span className="count">{inTime(Date.parse(to) - Date.parse(from))}</span> : <SoFar from={from} />
}

function SoFar({ from }: { from: string }) {
  return <span className="count">{inTime(Math.max(0, useNow() - Date.parse(from)))}</span>
}
