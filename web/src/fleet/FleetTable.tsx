import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useRef } from 'react'
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

const rowHeight = 58

/** The fleet as a table. Only the rows in sight are in the document, so that thousands cost no more than a screenful. */
export function FleetTable({ deckies, selected, select, ask, touches }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: deckies.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8,
    getItemKey: (i) => deckies[i]?.id ?? i,
  })
  const all = deckies.every((d) => selected.has(d.id))
  const columns = ask ? 8 : 6
  return (
    <div ref={scroller} className={ask ? 'fleet-table' : 'fleet-table look'} role="table" aria-label="Fleet" aria-rowcount={deckies.length + 1} aria-colcount={columns} tabIndex={0}>
      <div role="rowgroup" className="fleet-head">
        <div role="row" className="fleet-row" aria-rowindex={1}>
          {ask && (
            <span role="columnheader">
              <input type="checkbox" aria-label={`Select all ${deckies.length} shown`} checked={all} onChange={(e) => select(deckies.map((d) => d.id), e.target.checked)} />
            </span>
          )}
          <span role="columnheader">Decky</span>
          <span role="columnheader">State</span>
          <span role="columnheader">Services</span>
          <span role="columnheader">Address</span>
          <span role="columnheader">Mutation</span>
          <span role="columnheader">Touches, 24 h</span>
          {ask && <span role="columnheader"><span className="unseen">Actions</span></span>}
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const decky = deckies[index]
          return decky && (
            <Row
              key={key} decky={decky} index={index} top={start} selected={selected.has(decky.id)} select={select} ask={ask}
              newest={touches.get(deckyKey(decky.deployment.name, decky.name))}
            />
          )
        })}
      </div>
    </div>
  )
}

interface RowProps extends Pick<ListProps, 'select' | 'ask'> {
  decky: Decky
  index: number
  top: number
  selected: boolean
  newest: string | undefined
}

const Row = memo(function Row({ decky, index, top, selected, select, ask, newest }: RowProps) {
  return (
    <div role="row" className="fleet-row" data-decky={decky.name} data-state={decky.state.toLowerCase()} aria-rowindex={index + 2} aria-selected={ask && selected} style={{ height: rowHeight, transform: `translateY(${top}px)` }}>
      {ask && (
        <span role="cell"><input type="checkbox" aria-label={`Select ${decky.name}`} checked={selected} onChange={(e) => select([decky.id], e.target.checked)} /></span>
      )}
      <span role="rowheader" className="cell-name">
        <Link href={paths.decky(decky.deployment.name, decky.name)} title={decky.name}>{decky.name}</Link>
        <span className="faint">{decky.hostname}{decky.deployment.name !== 'default' && ` · ${decky.deployment.name}`}</span>
      </span>
      <span role="cell"><Standing of={decky.state} />{decky.generation !== decky.observedGeneration && <span className="faint out">not in step</span>}</span>
      <span role="cell" className="cell-services"><Services services={decky.services} observedServices={decky.observedServices} /></span>
      <span role="cell"><code>{decky.ip}</code></span>
      <span role="cell" className="cell-mutation">
        {decky.lastMutatedAt ? <Ago at={decky.lastMutatedAt} /> : <span className="faint">never</span>}
        {decky.nextMutationAt && <span className="faint">next <Countdown to={decky.nextMutationAt} /></span>}
      </span>
      <span role="cell"><Touches decky={decky.id} newest={newest} /></span>
      {ask && <span role="cell" className="cell-actions"><DeckyMenu decky={decky} ask={ask} /></span>}
    </div>
  )
})
