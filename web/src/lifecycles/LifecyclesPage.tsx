import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { useApp } from '../app/context'
import { useStore } from '../data/store'
import type { Lifecycle } from '../data/documents'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Typed } from '../ui/Typed'
import { fromAddress, matches, operations, statuses, toAddress, toWhere, triggers, type Filters } from './filters'
import { Timeline } from './Timeline'
import { useLifecycles } from './useLifecycles'

/** The journal as a timeline: what was asked of the fleet, by whom, and what came of it. */
export default function LifecyclesPage() {
  const { data } = useApp()
  const { missed } = useStore(data.journal)
  const [params, setParams] = useSearchParams()
  const filters = useMemo(() => fromAddress(params), [params])
  const change = (some: Partial<Filters>) => setParams((before) => toAddress({ ...fromAddress(before), ...some }), { replace: true })
  const fits = useCallback((l: Lifecycle) => matches(l, filters), [filters])
  const { list: lifecycles, problem, again, older } = useLifecycles(toWhere(filters), fits)
  const filtered = params.size > 0

  return (
    <div className="page">
      <PageHead title="Lifecycles" about="Each accepted operation on a decky, newest first, as the journal tells it." />
      <search className="filters">
        <Typed label="Decky" placeholder="Decky…" value={filters.decky} ask={(decky) => change({ decky })} search />
        <Choice label="Operation" any="Any operation" all={operations} value={filters.operation} onChange={(operation) => change({ operation })} />
        <Choice label="Status" any="Any status" all={statuses} value={filters.status} onChange={(status) => change({ status })} />
        <Choice label="Trigger" any="Any trigger" all={triggers} value={filters.trigger} onChange={(trigger) => change({ trigger })} />
      </search>
      {missed && <p className="notice warn">The connection was gone for longer than the journal reaches back: some steps are not shown. The lifecycles themselves are all here.</p>}
      {problem && <Problem problem={problem} again={again} />}
      {!lifecycles && !problem && <p role="status" className="waiting">Reading the journal…</p>}
      {lifecycles?.length === 0 && (filtered
        ? <Empty title="No lifecycle is like that"><button type="button" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Show all</button></Empty>
        : <Empty title="Nothing has been asked of the fleet yet"><p>Deploy a decky, and its lifecycle shows here at once.</p></Empty>)}
      {lifecycles && lifecycles.length > 0 && <Timeline lifecycles={lifecycles} />}
      {older && <button type="button" className="more" onClick={older}>Show older ones</button>}
    </div>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  any: string
  all: readonly T[]
  value: T | null
  onChange: (value: T | null) => void
}

function Choice<T extends string>({ label, any, all, value, onChange }: ChoiceProps<T>) {
  return (
    <select aria-label={label} value={value ?? ''} onChange={(e) => onChange(all.find((v) => v === e.target.value) ?? null)}>
      <option value="">{any}</option>
      {all.map((v) => <option key={v} value={v}>{v.toLowerCase()}</option>)}
    </select>
  )
}
