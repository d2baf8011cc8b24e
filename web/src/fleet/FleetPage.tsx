import { Rocket } from 'lucide-react'
import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { ordered } from '../data/deckies'
import type { Decky } from '../data/documents'
import { useStore } from '../data/store'
import { useNewestTouches } from '../data/touches'
import { Empty } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Dialogs, type Asked } from './Dialogs'
import { FilterBar } from './FilterBar'
import { matches, sorted, states } from './filters'
import { FleetGrid } from './FleetGrid'
import { FleetTable } from './FleetTable'
import { SelectionBar } from './SelectionBar'
import { useFilters } from './useFilters'
import '../styles/fleet.css'
import { grouped } from '../data/grouped'

const noDeckies = new Map<string, Decky>()

/** The fleet, live, and what an operator can ask of it. */
export default function FleetPage() {
  const { data, mayChange } = useApp()
  const known = useStore(data.deckies)
  // Typing and clicking go first: drawing a large fleet anew may wait for them.
  const fleet = useDeferredValue(known ?? noDeckies)
  const [filters, change] = useFilters()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<Asked | null>(null)
  const touches = useNewestTouches()

  const before = useRef<readonly Decky[]>([])
  const all = useMemo(() => (before.current = ordered(fleet, before.current)), [fleet])
  const shown = useMemo(() => sorted(all.filter((d) => matches(d, filters)), filters.sort), [all, filters])
  const chosen = useMemo(() => all.filter((d) => selected.has(d.id)), [all, selected])
  const deployments = useMemo(() => [...new Set(all.map((d) => d.deployment.name))], [all])
  const services = useMemo(() => [...new Set(all.flatMap((d) => d.services))].sort(), [all])

  const select = useCallback((ids: readonly string[], on: boolean) => {
    setSelected((before) => {
      const next = new Set(before)
      ids.forEach((id) => (on ? next.add(id) : next.delete(id)))
      return next
    })
  }, [])
  const ask = mayChange ? setAsked : undefined
  const List = filters.view === 'grid' ? FleetGrid : FleetTable

  return (
    <div className="page fleet">
      <PageHead title="Fleet" about={known && <Tally deckies={all} state={filters.state} onState={(state) => change({ state })} />}>
        {mayChange && all.length > 0 && (
          <>
            <button type="button" onClick={() => setAsked({ kind: 'interval', deckies: [], deployments })}>Intervals…</button>
            <button type="button" onClick={() => setAsked({ kind: 'mutate', deckies: shown })}>Mutate {shown.length === all.length ? 'all' : `these ${shown.length}`}…</button>
            <Link className="button primary" href={paths.deploy}><Rocket size={16} aria-hidden="true" />Deploy</Link>
          </>
        )}
      </PageHead>
      {known === null && <p role="status" className="waiting">Reading the fleet…</p>}
      {known?.size === 0 && (
        <Empty title="The fleet is empty">
          {mayChange
            ? <><p>Choose what the first deckies pretend to be, see the plan, and deploy it.</p><Link className="button primary" href={paths.deploy}>Deploy the first deckies</Link></>
            : <p>An operator can deploy deckies; they show here at once.</p>}
        </Empty>
      )}
      {all.length > 0 && <FilterBar filters={filters} change={change} deployments={deployments} services={services} />}
      {all.length > 0 && shown.length === 0 && (
        <Empty title="No decky is like that">
          <button type="button" onClick={() => change({ q: '', state: '', service: '', deployment: '' })}>Show all {all.length}</button>
        </Empty>
      )}
      {shown.length > 0 && <List deckies={shown} selected={selected} select={select} ask={ask} touches={touches} />}
      {mayChange && chosen.length > 0 && <SelectionBar chosen={chosen} ask={setAsked} clear={() => setSelected(new Set())} />}
      {asked && <Dialogs asked={asked} onClose={() => setAsked(null)} />}
    </div>
  )
}

/** How many deckies are in which state; each count is a filter. */
function Tally({ deckies, state, onState }: { deckies: readonly Decky[]; state: string; onState: (state: string) => void }) {
  const counts = useMemo(() => grouped(deckies, (d) => d.state), [deckies])
  return (
    <span className="tally">
      <button type="button" aria-pressed={state === ''} onClick={() => onState('')}><b>{deckies.length}</b> {deckies.length === 1 ? 'decky' : 'deckies'}</button>
      {states.filter((s) => counts.has(s)).map((s) => (
        <button key={s} type="button" className={s.toLowerCase()} aria-pressed={state === s} onClick={() => onState(state === s ? '' : s)}>
          <b>{counts.get(s)?.length}</b> {s.toLowerCase()}
        </button>
      ))}
    </span>
  )
}
