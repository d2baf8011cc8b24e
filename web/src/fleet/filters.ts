// What of the fleet is shown, as it stands in the address: a link shows somebody else the same.
import type { Decky } from '../data/documents'

export const states = ['PENDING', 'RUNNING', 'DEGRADED', 'FAILED', 'REMOVING'] as const
export const sorts = { name: 'Name', state: 'State', mutated: 'Last mutation', next: 'Next mutation' } as const

export const views = ['table', 'grid'] as const

export type Sort = keyof typeof sorts

export interface Filters {
  q: string
  state: string
  deployment: string
  service: string
  view: (typeof views)[number]
  sort: Sort
}

/** Reads the address. What it does not understand is as if it were not there. `usual` is the view where none is named. */
export function fromAddress(params: URLSearchParams, usual: Filters['view'] = 'table'): Filters {
  const sort = params.get('sort') ?? ''
  return {
    q: params.get('q') ?? '',
    state: params.get('state')?.toUpperCase() ?? '',
    deployment: params.get('deployment') ?? '',
    service: params.get('service') ?? '',
    view: views.find((v) => v === params.get('view')) ?? usual,
    sort: Object.hasOwn(sorts, sort) ? (sort as Sort) : 'name',
  }
}

/** The address of these filters: what is as usual is left out. */
export function toAddress({ q, state, deployment, service, view, sort }: Filters, usual: Filters['view'] = 'table'): URLSearchParams {
  const params = new URLSearchParams()
  if (q) params.set('q', q)
  if (state) params.set('state', state.toLowerCase())
  if (deployment) params.set('deployment', deployment)
  if (service) params.set('service', service)
  if (view !== usual) params.set('view', view)
  if (sort !== 'name') params.set('sort', sort)
  return params
}

/** Whether a decky is among those that the filters ask for. Every word of the search has to be somewhere in it. */
export function matches(d: Decky, { q, state, deployment, service }: Filters): boolean {
  if (state && d.state !== state) return false
  if (deployment && d.deployment.name !== deployment) return false
  if (service && !d.services.includes(service) && !d.observedServices.includes(service)) return false
  if (!q) return true
  const text = [d.name, d.hostname, d.ip, d.archetype ?? '', d.deployment.name, ...d.services].join(' ').toLowerCase()
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}

const stateOrder: Record<string, number> = { FAILED: 0, DEGRADED: 1, PENDING: 2, REMOVING: 3, RUNNING: 4 }

/** Puts deckies, which come by name, in the order asked for. What has no such moment comes last. */
export function sorted(deckies: readonly Decky[], sort: Sort): readonly Decky[] {
  switch (sort) {
    case 'name':
      return deckies
    case 'state':
      return deckies.toSorted((a, b) => (stateOrder[a.state] ?? 9) - (stateOrder[b.state] ?? 9))
    case 'mutated':
      return deckies.toSorted((a, b) => moment(b.lastMutatedAt, -Infinity) - moment(a.lastMutatedAt, -Infinity))
    case 'next':
      return deckies.toSorted((a, b) => moment(a.nextMutationAt, Infinity) - moment(b.nextMutationAt, Infinity))
  }
}

const moment = (at: string | null | undefined, never: number) => (at ? Date.parse(at) : never)
