import { expect, test } from 'vitest'
import { asError, pause } from './live'
import { ApiError } from './request'

test('pauses grow to a bound, and are not the same for all who were cut off at once', () => {
  const longest = Array.from({ length: 12 }, (_, tries) => pause(tries, () => 1))
  expect(longest).toEqual([250, 500, 1000, 2000, 4000, 8000, ...Array<number>(6).fill(10_000)])
  expect(pause(0, () => 0)).toBe(125)
  expect(pause(1000, () => 0)).toBe(5000)
})

test("what ended a stream is told in the server's words where it has any", () => {
  const refused = asError([{ message: 'start afresh', extensions: { code: 'CURSOR_EXPIRED' } }])
  expect(refused).toBeInstanceOf(ApiError)
  expect((refused as ApiError).has('CURSOR_EXPIRED')).toBe(true)
  expect(asError({ code: 1012, reason: 'Service restart' }).message).toBe('Service restart (1012)')
  expect(asError({ code: 1006, reason: '' }).message).toBe('The connection broke (1006).')
})
