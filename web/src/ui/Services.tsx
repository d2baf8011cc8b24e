import { memo } from 'react'
import { serviceStandings, someOf } from '../data/deckies'
import type { Decky } from '../data/documents'

const said = { confirmed: '', coming: ' (wanted, not yet confirmed)', going: ' (still there, no longer wanted)' }

/** How many of a decky's services a row has room for. */
const room = 6

/** A decky's services: those wanted and those that were seen to answer. Of many, some, those that change among them, and how many more there are. */
export const Services = memo(function Services({ services, observedServices }: Pick<Decky, 'services' | 'observedServices'>) {
  const { shown, more } = someOf(serviceStandings({ services, observedServices }), room)
  return (
    <ul className="chips">
      {shown.map(({ slug, standing }) => (
        <li key={slug} className={standing} title={slug + said[standing]}>{slug}<span className="unseen">{said[standing]}</span></li>
      ))}
      {more.length > 0 && <li title={more.map((s) => s.slug).join(', ')} aria-label={`and ${more.map((s) => s.slug).join(', ')}`}>+{more.length}</li>}
    </ul>
  )
})

/** Services before and after: what goes, what stays, what comes. */
export function ServiceChange({ from, to }: { from: readonly string[]; to: readonly string[] }) {
  const all = [...new Set([...from, ...to])].sort()
  return (
    <ul className="chips change" aria-label={`before: ${from.join(', ') || 'none'}; after: ${to.join(', ') || 'none'}`}>
      {all.map((slug) => {
        const kind = !from.includes(slug) ? 'added' : !to.includes(slug) ? 'removed' : 'kept'
        return <li key={slug} className={kind}>{slug}{kind !== 'kept' && <span className="unseen"> ({kind})</span>}</li>
      })}
    </ul>
  )
}
