// The journal as the page knows it: the newest lifecycles, each with the steps that were seen of it. Steps come from a stream that may break off
// and go on from a cursor; whatever overlaps is shown once, and a hole is shown as a hole.
import type { Lifecycle, LifecycleEvent } from './documents'

/** How many lifecycles the page keeps. */
export const keptLifecycles = 200

export type Step = Pick<LifecycleEvent, 'seq' | 'status' | 'stage' | 'attempt' | 'at'>

/** One lifecycle, and its steps in order. */
export interface Entry {
  lifecycle: Lifecycle
  /** Empty when it was over before the page looked. */
  steps: readonly Step[]
  /** Steps are missing between those that are here. */
  hole: boolean
}

export interface Journal {
  /** By the lifecycle's ID, oldest first. */
  entries: ReadonlyMap<string, Entry>
  /** The journal no longer had what came after our cursor. */
  missed: boolean
}

export type JournalAction =
  | { type: 'history'; lifecycles: readonly Lifecycle[] }
  | { type: 'events'; events: readonly LifecycleEvent[] }
  | { type: 'expired' }

export const emptyJournal: Journal = { entries: new Map(), missed: false }

export const isOver = ({ status }: Pick<Lifecycle, 'status'>): boolean => status !== 'PENDING' && status !== 'RUNNING'

/** What is known after `action`; only the newest `kept` lifecycles are. */
export function journal(state: Journal, action: JournalAction, kept = keptLifecycles): Journal {
  switch (action.type) {
    case 'expired':
      return { ...state, missed: true }
    case 'history': {
      const entries = new Map(state.entries)
      for (const lifecycle of action.lifecycles) put(entries, lifecycle)
      return { ...state, entries: newest(entries, kept) }
    }
    case 'events': {
      const entries = new Map(state.entries)
      for (const event of action.events) {
        const { seq, status, stage, attempt, at } = event
        const entry = put(entries, event.lifecycle)
        const last = entry.steps.at(-1)?.seq
        if (last !== undefined && seq <= last) continue
        entries.set(event.lifecycle.id, {
          ...entry,
          steps: [...entry.steps, { seq, status, stage, attempt, at }],
          hole: entry.hole || (last !== undefined && seq > last + 1),
        })
      }
      return { ...state, entries: newest(entries, kept) }
    }
  }
}

// An event brings the lifecycle as it was when the event was sent, and a history as it was when it was asked for: whichever comes later, what
// is over stays over.
function put(entries: Map<string, Entry>, lifecycle: Lifecycle): Entry {
  const known = entries.get(lifecycle.id)
  const entry = known
    ? isOver(known.lifecycle) && !isOver(lifecycle) ? known : { ...known, lifecycle }
    : { lifecycle, steps: [], hole: false }
  entries.set(lifecycle.id, entry)
  return entry
}

function newest(entries: Map<string, Entry>, kept: number): Map<string, Entry> {
  const sorted = [...entries].sort(([, a], [, b]) => Date.parse(a.lifecycle.createdAt) - Date.parse(b.lifecycle.createdAt))
  return new Map(kept < sorted.length ? sorted.slice(-kept) : sorted)
}

/** The key of a decky's place in latestByDecky. */
export const deckyKey = (deployment: string, decky: string): string => `${deployment}/${decky}`

/** The newest lifecycle of each decky, by deckyKey. */
export function latestByDecky(state: Journal): Map<string, Entry> {
  const latest = new Map<string, Entry>()
  for (const entry of state.entries.values()) latest.set(deckyKey(entry.lifecycle.deploymentName, entry.lifecycle.deckyName), entry)
  return latest
}
