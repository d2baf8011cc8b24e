const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** A moment in the reader's time zone: the clock for today, with the date else. The title has it in full. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  return <time dateTime={at} title={day.format(date)}>{(today ? clock : day).format(date)}</time>
}
