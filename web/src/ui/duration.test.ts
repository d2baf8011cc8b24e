import { expect, test } from 'vitest'
import { inTime, shortDuration } from './duration'

test.each([
  [-5, '0 ms'], [40.4, '40 ms'], [1_500, '1 s'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [3_840_000, '1 h 4 min'],
  [3_605_000, '1 h'], [90_061_000, '1 d 1 h'],
])('%i ms are %s', (milliseconds, words) => expect(inTime(milliseconds)).toBe(words))

test.each([['24h0m0s', '24h'], ['1h30m0s', '1h30m'], ['15m0s', '15m'], ['90s', '90s']])('%s is %s', (go, short) => expect(shortDuration(go)).toBe(short))
