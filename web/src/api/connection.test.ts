import { expect, test } from 'vitest'
import { connection, newConnection, type ConnectionEvent } from './connection'

const after = (...events: ConnectionEvent[]) => events.reduce(connection, newConnection).state

const closed = (at: number): ConnectionEvent => ({ type: 'closed', reason: 'gone', at })
const opened: ConnectionEvent = { type: 'opened', at: 9 }

test('a break lasts from its first failure to the next success', () => {
  expect(after()).toEqual({ kind: 'connecting' })
  expect(after(opened)).toEqual({ kind: 'live', since: 9 })
  expect(after(opened, closed(1), closed(2))).toEqual({ kind: 'reconnecting', since: 1, reason: 'gone' })
  expect(after(opened, closed(1), opened)).toEqual({ kind: 'live', since: 9 })
  expect(after(opened, closed(1), opened, closed(5))).toEqual({ kind: 'reconnecting', since: 5, reason: 'gone' })
})

test('an open socket is not live while one of its streams is broken', () => {
  const broken = (stream: string, at: number): ConnectionEvent => ({ type: 'stream broken', stream, reason: `no ${stream}`, at })
  const well = (stream: string): ConnectionEvent => ({ type: 'stream well', stream, at: 9 })
  expect(after(opened, broken('a', 1), broken('b', 2))).toEqual({ kind: 'reconnecting', since: 1, reason: 'no b' })
  expect(after(opened, broken('a', 1), broken('b', 2), well('b')).kind).toBe('reconnecting')
  expect(after(opened, broken('a', 1), broken('b', 2), well('b'), well('a'))).toEqual({ kind: 'live', since: 9 })
  expect(after(broken('a', 1), well('a')).kind, 'the socket never opened').toBe('reconnecting')
})
