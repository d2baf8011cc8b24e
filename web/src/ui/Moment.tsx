const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** A moment in the reader's time zone: the clock for today, with the date else. Hovering tells it in full, with the zone and as the API has it. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  return <time dateTime={at} title={`${exact.format(date)} (${at})`}>{(today ? clock : day).format(date)}</time>
}
