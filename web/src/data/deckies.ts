// The deckies as the page knows them: those that the stream tells of, until it tells that they are gone.
import type { Decky } from './documents'

/** By ID. */
export type Deckies = ReadonlyMap<string, Decky>

export type DeckiesAction =
  /** What the stream told, in its order. */
  | { type: 'seen'; deckies: readonly Decky[] }
  /** The IDs of all who are there, as a stream begins. */
  | { type: 'listed'; ids: ReadonlySet<string> }

export function deckies(state: Deckies, action: DeckiesAction): Deckies {
  switch (action.type) {
    case 'seen': {
      const next = new Map(state)
      for (const d of action.deckies) {
        if (isGone(d)) next.delete(d.id)
        else next.set(d.id, d)
      }
      return next
    }
    case 'listed': {
      const gone = [...state.keys()].filter((id) => !action.ids.has(id))
      if (gone.length === 0) return state
      const next = new Map(state)
      gone.forEach((id) => next.delete(id))
      return next
    }
  }
}

/** The last that is told of a decky: it was to be removed, and is. */
const isGone = (d: Decky): boolean => d.state === 'REMOVING' && d.generation === d.observedGeneration

const natural = new Intl.Collator('en', { numeric: true })

/**
 * In the order of the table: by deployment, then by name. Neither ever changes, so that while nobody comes or goes the order is that of `before`: sorting
 * thousands of names takes longer than a frame has.
 */
export function ordered(state: Deckies, before: readonly Decky[] = []): Decky[] {
  const same = before.length === state.size && before.flatMap((d) => state.get(d.id) ?? [])
  if (same && same.length === state.size) return same
  return [...state.values()].sort(
    (a, b) => natural.compare(a.deployment.name, b.deployment.name) || natural.compare(a.name, b.name),
  )
}

/** A service of a decky: wanted, confirmed to answer, or both. */
export interface ServiceStanding {
  slug: string
  /** `coming` is wanted and not yet confirmed, `going` confirmed and no longer wanted. */
  standing: 'confirmed' | 'coming' | 'going'
}

/** The services wanted and observed, as one list. */
export function serviceStandings({ services, observedServices }: Pick<Decky, 'services' | 'observedServices'>): ServiceStanding[] {
  const wanted = new Set(services)
  const observed = new Set(observedServices)
  return [...new Set([...services, ...observedServices])].sort().map((slug) => ({
    slug,
    standing: !observed.has(slug) ? 'coming' : wanted.has(slug) ? 'confirmed' : 'going',
  }))
}

/** So many services as there is room for, one place of which tells of the others. Those that come or go are the last to be left out. */
export function someOf(all: readonly ServiceStanding[], room: number): { shown: readonly ServiceStanding[]; more: readonly ServiceStanding[] } {
  if (all.length <= room) return { shown: all, more: [] }
  const kept = new Set(all.toSorted((a, b) => Number(a.standing === 'confirmed') - Number(b.standing === 'confirmed')).slice(0, room - 1))
  return { shown: all.filter((s) => kept.has(s)), more: all.filter((s) => !kept.has(s)) }
}
