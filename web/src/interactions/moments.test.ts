import { afterEach, beforeEach, expect, test } from 'vitest'
import { fromLocal, isMoment, toLocal } from './moments'

const zone = process.env['TZ']
beforeEach(() => void (process.env['TZ'] = 'Europe/Vienna'))
afterEach(() => void (process.env['TZ'] = zone))

// Years that are half typed are long before time zones, when noon was another one in each town, by the second.
test.each(['2030-01-01T03:30', '2030-07-01T03:30', '0202-12-31T23:59'])('%s in the field is the same moment again', (local) => {
  expect(isMoment(fromLocal(local))).toBe(true)
  expect(new Date(fromLocal(local)).getTime()).toBe(new Date(local).getTime())
  expect(toLocal(fromLocal(local))).toBe(local)
})

test.each(['', 'yesterday', '2030-13-99T00:00:00Z', '1'])('%j is no moment, and asks nothing', (text) => {
  expect(isMoment(text)).toBe(false)
  expect(toLocal(text)).toBe('')
  expect(fromLocal(text)).toBe('')
})
