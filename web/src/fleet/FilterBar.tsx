import { LayoutGrid, Table2 } from 'lucide-react'
import { sorts, states, type Filters, type Sort } from './filters'

interface Props {
  filters: Filters
  change: (some: Partial<Filters>) => void
  deployments: readonly string[]
  services: readonly string[]
}

/** What to show of the fleet, and how. */
export function FilterBar({ filters, change, deployments, services }: Props) {
  return (
    <search className="filters">
      <input
        type="search" aria-label="Search the fleet" placeholder="Search names, hosts, addresses, services…" value={filters.q}
        onChange={(e) => change({ q: e.target.value })}
      />
      <select aria-label="State" value={filters.state} onChange={(e) => change({ state: e.target.value })}>
        <option value="">Any state</option>
        {states.map((s) => <option key={s} value={s}>{s.toLowerCase()}</option>)}
      </select>
      <select aria-label="Service" value={filters.service} onChange={(e) => change({ service: e.target.value })}>
        <option value="">Any service</option>
        {services.map((s) => <option key={s}>{s}</option>)}
      </select>
      {(deployments.length > 1 || filters.deployment) && (
        <select aria-label="Deployment" value={filters.deployment} onChange={(e) => change({ deployment: e.target.value })}>
          <option value="">All deployments</option>
          {deployments.map((d) => <option key={d}>{d}</option>)}
        </select>
      )}
      <select aria-label="Order" value={filters.sort} onChange={(e) => change({ sort: e.target.value as Sort })}>
        {Object.entries(sorts).map(([key, label]) => <option key={key} value={key}>By {label.toLowerCase()}</option>)}
      </select>
      <div className="toggle" role="group" aria-label="View">
        <button type="button" aria-pressed={filters.view === 'table'} onClick={() => change({ view: 'table' })} aria-label="Table" title="Table"><Table2 size={16} aria-hidden="true" /></button>
        <button type="button" aria-pressed={filters.view === 'grid'} onClick={() => change({ view: 'grid' })} aria-label="Grid" title="Grid"><LayoutGrid size={16} aria-hidden="true" /></button>
      </div>
    </search>
  )
}
