import { expect, test } from 'vitest'
import type { Decky } from '../data/documents'
import { fromAddress, matches, sorted, toAddress } from './filters'

const decky = (facts: Partial<Decky>): Decky => ({
  id: '1', name: 'web-01', hostname: 'srv-db', archetype: null, state: 'RUNNING', services: ['http', 'ssh'], observedServices: ['http'], generation: 1,
  observedGeneration: 1, ip: '10.0.0.4', lastMutatedAt: null, nextMutationAt: null, endpoints: [], deployment: { name: 'default' }, ...facts,
})

const usual = fromAddress(new URLSearchParams())

test('an address says what is shown, and what is shown makes the same address', () => {
  const address = 'q=web&state=failed&deployment=dmz&service=ssh&view=grid&sort=next'
  expect(toAddress(fromAddress(new URLSearchParams(address))).toString()).toBe(address)
  expect(toAddress(usual).toString()).toBe('')
})

test('what an address says that means nothing is as if it were not there', () => {
  expect(fromAddress(new URLSearchParams('view=spiral&sort=constructor&foo=bar'))).toEqual(usual)
})

test('every word of a search is somewhere in the decky', () => {
  expect(matches(decky({}), { ...usual, q: 'WEB ssh' })).toBe(true)
  expect(matches(decky({}), { ...usual, q: '10.0.0 srv' })).toBe(true)
  expect(matches(decky({}), { ...usual, q: 'web ftp' })).toBe(false)
})

test('a service counts while it is wanted or still answers', () => {
  const going = decky({ services: ['ssh'], observedServices: ['ftp'] })
  expect(['ssh', 'ftp', 'http'].map((service) => matches(going, { ...usual, service }))).toEqual([true, true, false])
})

test('what needs a look comes first, and what never mutates last', () => {
  const well = decky({ id: 'well', nextMutationAt: '2030-01-01T00:00:00Z' })
  const failed = decky({ id: 'failed', state: 'FAILED' })
  expect(sorted([well, failed], 'state').map((d) => d.id)).toEqual(['failed', 'well'])
  expect(sorted([failed, well], 'next').map((d) => d.id)).toEqual(['well', 'failed'])
})
