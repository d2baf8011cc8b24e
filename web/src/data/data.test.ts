import { describe, expect, test, vi } from 'vitest'
import { batched } from './batched'
import { deckies, ordered, serviceStandings, someOf, type Deckies } from './deckies'
import type { Decky, Interaction, Lifecycle, LifecycleEvent } from './documents'
import { feed, keptInteractions, newestOf, outgrown } from './feed'
import { emptyJournal, journal, keptLifecycles, latestByDecky, type Journal } from './journal'

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString()

const lifecycle = (id: string, facts: Partial<Lifecycle> = {}): Lifecycle => ({
  id, deckyName: 'web-01', deploymentName: 'default', operation: 'MUTATE', status: 'PENDING', stage: null, attempt: 0, trigger: 'OPERATOR',
  actor: 'admin', fromServices: [], toServices: [], createdAt: at(0), completedAt: null, error: null, ...facts,
})

const event = (id: string, seq: number, status: Lifecycle['status'], facts: Partial<Lifecycle> = {}): LifecycleEvent => ({
  cursor: `${id}-${seq}`, seq, status, stage: `step ${seq}`, attempt: 1, at: at(seq), lifecycle: lifecycle(id, { status, ...facts }),
})

const steps = (state: Journal, id: string) => state.entries.get(id)?.steps.map((s) => s.seq)

describe('the journal', () => {
  const events = [event('a', 1, 'PENDING'), event('a', 2, 'RUNNING'), event('a', 3, 'SUCCEEDED')]

  test('shows each step once when a stream goes on from an earlier place', () => {
    const first = journal(emptyJournal, { type: 'events', events: events.slice(0, 2) })
    const again = journal(first, { type: 'events', events })
    expect(steps(again, 'a')).toEqual([1, 2, 3])
    expect(again.entries.get('a')?.hole).toBe(false)
  })

  test('shows a hole as a hole', () => {
    const state = journal(emptyJournal, { type: 'events', events: [events[0]!, events[2]!] })
    expect(state.entries.get('a')?.hole).toBe(true)
  })

  test('lets nothing that is over begin again', () => {
    const over = journal(emptyJournal, { type: 'history', lifecycles: [lifecycle('a', { status: 'SUCCEEDED' })] })
    const replayed = journal(over, { type: 'events', events: events.slice(0, 2) })
    expect(replayed.entries.get('a')?.lifecycle.status).toBe('SUCCEEDED')
    expect(steps(replayed, 'a'), 'its steps are still told').toEqual([1, 2])
  })

  test('keeps the steps when the history is read again after the cursor expired', () => {
    const before = journal(emptyJournal, { type: 'events', events: events.slice(0, 2) })
    const expired = journal(before, { type: 'expired' })
    const after = journal(expired, { type: 'history', lifecycles: [lifecycle('a', { status: 'SUCCEEDED' })] })
    expect(after.missed).toBe(true)
    expect(steps(after, 'a')).toEqual([1, 2])
    expect(after.entries.get('a')?.lifecycle.status).toBe('SUCCEEDED')
  })

  test('keeps the newest lifecycles, whatever the order they come in', () => {
    const many = Array.from({ length: keptLifecycles + 5 }, (_, i) => lifecycle(`l${i}`, { createdAt: at(i), deckyName: `web-${i}` }))
    const state = journal(emptyJournal, { type: 'history', lifecycles: many.toReversed() })
    expect([...state.entries.keys()][0]).toBe('l5')
    expect(state.entries.size).toBe(keptLifecycles)
  })

  test("knows each decky's newest lifecycle", () => {
    const state = journal(emptyJournal, { type: 'history', lifecycles: [lifecycle('new', { createdAt: at(9) }), lifecycle('old')] })
    expect(latestByDecky(state).get('default/web-01')?.lifecycle.id).toBe('new')
  })
})

const decky = (id: string, facts: Partial<Decky> = {}): Decky => ({
  id, name: id, hostname: id, archetype: null, state: 'RUNNING', services: ['ssh'], observedServices: ['ssh'], generation: 1, observedGeneration: 1,
  ip: '127.0.0.2', lastMutatedAt: null, nextMutationAt: null, endpoints: [], deployment: { name: 'default' }, ...facts,
})

describe('the deckies', () => {
  const seen = (...all: Decky[]): Deckies => deckies(new Map(), { type: 'seen', deckies: all })

  test('lose those that went while the stream was broken', () => {
    const state = deckies(seen(decky('a'), decky('b')), { type: 'listed', ids: new Set(['a']) })
    expect([...state.keys()]).toEqual(['a'])
  })

  test('lose those whose end the stream tells, and not those that are about to go', () => {
    const going = decky('a', { state: 'REMOVING', generation: 2, observedGeneration: 1 })
    expect([...seen(decky('a'), going).values()]).toEqual([going])
    expect(seen(decky('a'), going, { ...going, observedGeneration: 2, observedServices: [] }).size).toBe(0)
  })

  test('stand in the order that people count in', () => {
    const names = ordered(seen(decky('web-10'), decky('web-2'), decky('a', { deployment: { name: 'lab' } }))).map((d) => d.name)
    expect(names).toEqual(['web-2', 'web-10', 'a'])
  })

  test('tell a service that is coming from one that is going', () => {
    expect(serviceStandings({ services: ['ftp', 'ssh'], observedServices: ['http', 'ssh'] })).toEqual([
      { slug: 'ftp', standing: 'coming' }, { slug: 'http', standing: 'going' }, { slug: 'ssh', standing: 'confirmed' },
    ])
  })
})

test('of many services those that change are shown, and the others are told of', () => {
  const all = serviceStandings({ services: ['a', 'b', 'c', 'd', 'new'], observedServices: ['a', 'b', 'c', 'd', 'old'] })
  const { shown, more } = someOf(all, 4)
  expect(shown.map((s) => s.slug)).toEqual(['a', 'new', 'old'])
  expect(more.map((s) => s.slug)).toEqual(['b', 'c', 'd'])
  expect(someOf(all, 6)).toEqual({ shown: all, more: [] })
})

test('the feed shows each interaction once, and keeps the newest', () => {
  const interaction = (id: number) => ({ id: `i${id}`, cursor: `c${id}` }) as Interaction
  const all = Array.from({ length: keptInteractions + 1 }, (_, i) => interaction(i))
  const once = feed(new Map(), all.slice(0, 3))
  expect(feed(once, all.slice(1, 3))).toBe(once)
  expect([...feed(once, all.slice(2, 4)).keys()]).toEqual(['i0', 'i1', 'i2', 'i3'])
  expect([...feed(once, all).keys()][0]).toBe('i1')
})

test('a storm is seen before there is a hole in what is shown, and also when there is one', () => {
  const some = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ id: `i${from + i}`, cursor: `c${from + i}` }) as Interaction)
  const begun = feed(new Map(), some(0, 10))
  const seen = newestOf(begun)
  expect(outgrown(begun, seen)).toBe(false)
  expect(outgrown(feed(begun, some(10, 9 + keptInteractions / 2)), seen)).toBe(false)
  expect(outgrown(feed(begun, some(10, 10 + keptInteractions / 2)), seen)).toBe(true)
  expect(outgrown(feed(begun, some(10, 20 + keptInteractions)), seen), 'it is no longer kept').toBe(true)
  expect(outgrown(feed(new Map(), some(0, keptInteractions)), null), 'nothing was known before').toBe(true)
})

test('what comes together is handed over together, in order', () => {
  vi.useFakeTimers()
  const handed: number[][] = []
  const add = batched<number>((items) => handed.push([...items]))
  add(1)
  add(2)
  vi.advanceTimersByTime(16)
  add(3)
  vi.advanceTimersByTime(16)
  expect(handed).toEqual([[1, 2], [3]])
  vi.useRealTimers()
})
