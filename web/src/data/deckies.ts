// The deckies as the page knows them. The stream tells of each decky that is there, and never that one is gone; who is gone is found by asking
// for the IDs of all when a stream begins, and for those whose end the journal tells.
import type { Decky } from './documents'

/** By ID. */
export type Deckies = ReadonlyMap<string, Decky>

export type DeckiesAction =
  | { type: 'seen'; deckies: readonly Decky[] }
  /** The server was asked who of `before` is there: a decky seen since then is newer than the answer. */
  | { type: 'listed'; before: ReadonlySet<string>; ids: ReadonlySet<string> }

export function deckies(state: Deckies, action: DeckiesAction): Deckies {
  switch (action.type) {
    case 'seen': {
      const next = new Map(state)
      for (const d of action.deckies) next.set(d.id, d)
      return next
    }
    case 'listed': {
      const gone = [...state.keys()].filter((id) => action.before.has(id) && !action.ids.has(id))
      if (gone.length === 0) return state
      const next = new Map(state)
      gone.forEach((id) => next.delete(id))
      return next
    }
  }
}

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
