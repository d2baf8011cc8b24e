import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import type { Decky } from '../data/documents'
import { deckyKey } from '../data/journal'
import { Ago, Countdown } from '../ui/Countdown'
import { Services } from '../ui/Services'
import { Standing } from '../ui/Standing'
import { Touches } from '../ui/Touches'
import { DeckyMenu } from './DeckyMenu'
import type { ListProps } from './list'

const cardWidth = 300
const cardHeight = 176

/** The fleet as cards, as many in a row as fit. Only the rows in sight are in the document. */
export function FleetGrid({ deckies, selected, select, ask, touches }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [columns, setColumns] = useState(1)
  useEffect(() => {
    const box = scroller.current
    if (!box) return
    const observer = new ResizeObserver(() => setColumns(Math.max(1, Math.floor(box.clientWidth / cardWidth))))
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  const rows = useVirtualizer({
    count: Math.ceil(deckies.length / columns), getScrollElement: () => scroller.current, estimateSize: () => cardHeight, overscan: 3,
  })
  return (
    <div ref={scroller} className="fleet-grid" role="list" aria-label="Fleet" tabIndex={0}>
      <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <div key={index} role="presentation" className="fleet-cards" style={{ transform: `translateY(${start}px)`, gridTemplateColumns: `repeat(${columns}, 1fr)`, height: cardHeight }}>
            {deckies.slice(index * columns, (index + 1) * columns).map((decky, i) => (
              <Card
                key={decky.id} decky={decky} place={index * columns + i + 1} of={deckies.length} selected={selected.has(decky.id)} select={select} ask={ask}
                newest={touches.get(deckyKey(decky.deployment.name, decky.name))}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

interface CardProps extends Pick<ListProps, 'select' | 'ask'> {
  decky: Decky
  place: number
  of: number
  selected: boolean
  newest: string | undefined
}

const Card = memo(function Card({ decky, place, of, selected, select, ask, newest }: CardProps) {
  return (
    <article role="listitem" className="fleet-card" data-decky={decky.name} data-state={decky.state.toLowerCase()} data-selected={selected} aria-setsize={of} aria-posinset={place}>
      <div className="card-head">
        {ask && <input type="checkbox" aria-label={`Select ${decky.name}`} checked={selected} onChange={(e) => select([decky.id], e.target.checked)} />}
        <Link href={paths.decky(decky.deployment.name, decky.name)} title={decky.name}>{decky.name}</Link>
        <Standing of={decky.state} />
        {ask && <DeckyMenu decky={decky} ask={ask} />}
      </div>
      <p className="faint">{decky.hostname} · <code>{decky.ip}</code></p>
      <Services services={decky.services} observedServices={decky.observedServices} />
      <div className="card-foot">
        <span className="faint">
          {decky.lastMutatedAt ? <>mutated <Ago at={decky.lastMutatedAt} /></> : 'never mutated'}
          {decky.nextMutationAt && <>, next <Countdown to={decky.nextMutationAt} /></>}
        </span>
        <Touches decky={decky.id} newest={newest} />
      </div>
    </article>
  )
})
