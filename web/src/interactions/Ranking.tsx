import { Link } from 'wouter'
import { Hostile } from '../ui/Hostile'

interface Props {
  title: string
  rows: readonly { name: string; count: number }[] | undefined
  /** The address that shows one of them alone. */
  alone: (name: string) => string
}

/** Counts as bars, most first: a table, so that everybody can read the numbers. */
export function Ranking({ title, rows, alone }: Props) {
  const top = Math.max(1, ...(rows ?? []).map((r) => r.count))
  return (
    <div className="chart">
      <h2>{title}</h2>
      {rows?.length === 0 && <p className="faint">Nothing in this time.</p>}
      <table className="ranking">
        <caption className="unseen">{title}</caption>
        <tbody>
          {rows?.map(({ name, count }) => (
            <tr key={name}><th scope="row"><Link href={alone(name)} replace><Hostile text={name} /></Link></th><td className="ranking-bar"><meter min={0} max={top} value={count} aria-hidden="true" /></td><td className="count">{count.toLocaleString()}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
