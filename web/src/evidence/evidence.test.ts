import { expect, test } from 'vitest'
import type { Interaction } from '../data/documents'
import { countTouches } from '../data/touches'
import { byName, byTime } from '../interactions/counts'
import { fits } from '../interactions/useInteractions'
import { framesOf, played } from './frames'
import { attackersOf, credentialsOf, sessionsOf } from './sessions'

const now = Date.UTC(2030, 0, 2)
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString()
const minute = 60_000

const interaction = (id: string, before: number, facts: Partial<Interaction> = {}): Interaction => ({
  id, cursor: id, at: ago(before), type: 'command', service: 'ssh', deckyName: 'web-01', deploymentName: 'default', sourceIP: '10.9.9.9', sourcePort: 40000,
  destPort: 22, session: 's1', principal: null, secret: null, command: null, outcome: null, message: 'command', ...facts,
})

test('a session is open until its end is seen, or it has been silent for an hour', () => {
  const [silent, ended, open] = sessionsOf([
    interaction('1', 90 * minute, { session: 'silent' }),
    interaction('2', minute, { session: 'ended', type: 'disconnect' }), interaction('3', 2 * minute, { session: 'ended', command: 'id' }),
    interaction('4', minute, { session: 'open' }),
  ], now)
  expect([silent?.open, ended?.open, open?.open]).toEqual([false, false, true])
  expect(ended).toMatchObject({ count: 2, commands: 1, first: ago(2 * minute), last: ago(minute) })
})

test('what one address did adds up', () => {
  const [attacker] = attackersOf([
    interaction('1', 1, { deckyName: 'b', service: 'ftp', session: 'x' }),
    interaction('2', 2, { deckyName: 'a', principal: 'root', secret: 'toor' }), interaction('3', 3, { deckyName: 'a', principal: 'root', secret: 'toor' }),
  ])
  expect(attacker).toMatchObject({ count: 3, sessions: 2, deckies: ['a', 'b'], services: ['ftp', 'ssh'], credentials: 1, last: ago(1), first: ago(3) })
})

test('the same name and secret are one credential; an empty secret is one too', () => {
  const tried = [
    interaction('1', 1, { principal: 'root', secret: 'toor', outcome: 'accepted' }), interaction('2', 2, { principal: 'root', secret: 'toor', outcome: 'rejected' }),
    interaction('3', 3, { principal: 'root', secret: '' }), interaction('4', 4),
  ]
  expect(credentialsOf(tried).map(({ secret, count, accepted }) => [secret, count, accepted])).toEqual([['toor', 2, 1], ['', 1, 0]])
})

test('touches are counted by the hour, and only those of the last day', () => {
  const feed = new Map([interaction('1', minute), interaction('2', 61 * minute), interaction('3', 25 * 60 * minute)].map((i) => [i.id, i]))
  const counts = countTouches(feed, now).of('default', 'web-01')
  expect([counts.length, counts.at(-1), counts.at(-2), counts.reduce((a, b) => a + b)]).toEqual([24, 1, 1, 2])
})

test('charts count each interaction in its stretch of time, and sum up the rest by name', () => {
  const some = [interaction('1', minute / 2), interaction('2', 59.5 * minute, { service: 'ftp' }), interaction('3', 61 * minute)]
  const counts = byTime(some, 'hour', now).map((b) => b.count)
  expect([counts[0], counts.at(-1), counts.reduce((a, b) => a + b)]).toEqual([1, 1, 2])
  expect(byName(some, (i) => i.service, 1)).toEqual([{ name: 'ssh', count: 2 }, { name: 'others', count: 1 }])
})

test('a question is asked of what comes live as it is of the server', () => {
  expect(fits(interaction('1', 1), { service: 'ssh', deckyName: 'web-01' })).toBe(true)
  expect(fits(interaction('1', 1), { service: 'ftp' })).toBe(false)
})

test('a replay plays each thing at its moment, and nothing before it', () => {
  const frames = framesOf([
    interaction('1', 3_000, { type: 'connect' }), interaction('2', 2_000, { type: 'auth_attempt', principal: 'root', secret: 'toor', outcome: 'accepted' }), interaction('3', 0, { command: 'rm -rf /' }),
  ])
  expect(frames.map(({ at, kind, text }) => [at, kind, text])).toEqual([
    [0, 'note', 'connect: command'], [1_000, 'input', 'root toor'], [1_000, 'note', 'auth_attempt: accepted'], [3_000, 'input', 'rm -rf /'],
  ])
  expect([-1, 0, 999, 1_000, 3_000].map((at) => played(frames, at))).toEqual([0, 1, 1, 3, 4])
})
