// The newest interactions as the page knows them, each of them once.
import type { Interaction } from './documents'

/** How many interactions the page keeps. */
export const keptInteractions = 200

/** By ID, oldest first. */
export type Feed = ReadonlyMap<string, Interaction>

/** Adds interactions, in the order in which the server stored them. */
export function feed(state: Feed, more: readonly Interaction[]): Feed {
  const fresh = more.filter((i) => !state.has(i.id))
  if (fresh.length === 0) return state
  const all = [...state, ...fresh.map((i) => [i.id, i] as const)]
  return new Map(all.slice(-keptInteractions))
}

/** The newest one's ID; null: none is known. */
export const newestOf = (state: Feed): string | null => [...state.keys()].at(-1) ?? null

/** Whether so many came after `seen`, which was the newest, that those next to it are soon no longer kept, or are not now. Who shows them reads the past anew. */
export function outgrown(state: Feed, seen: string | null): boolean {
  const place = seen === null ? -1 : [...state.keys()].indexOf(seen)
  return state.size - 1 - place >= keptInteractions / 2
}
