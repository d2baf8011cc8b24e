// A column is as wide as four digits.
const short = new Intl.NumberFormat(undefined, { notation: 'compact' })

const none: readonly number[] = [0, 0]

/** A line of counts, small: the shape of a day. Screen readers get the sum. None are known while they are asked for. */
export function Spark({ counts: known, label }: { counts: readonly number[] | undefined; label: string }) {
  const counts = known ?? none
  const sum = counts.reduce((a, b) => a + b, 0)
  const words = known ? `${sum.toLocaleString()} ${label}` : `${label}: not known yet`
  const top = Math.max(1, ...counts)
  const width = 72
  const height = 22
  const step = width / Math.max(1, counts.length - 1)
  const points = counts.map((n, i) => `${(i * step).toFixed(1)},${(height - 2 - (n / top) * (height - 4)).toFixed(1)}`).join(' ')
  return (
    <span className="spark" title={words}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={words}>
        {sum > 0 && <polygon points={`0,${height} ${points} ${width},${height}`} className="spark-area" />}
        <polyline points={points} className={sum > 0 ? 'spark-line' : 'spark-line none'} />
      </svg>
      <span className="spark-sum" aria-hidden="true">{known ? short.format(sum) : '–'}</span>
    </span>
  )
}
