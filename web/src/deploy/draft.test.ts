import { expect, test } from 'vitest'
import { addressesFrom, emptyDraft, fieldOf, inputOf, missing } from './draft'

test('deckies that are alike are one line of the input', () => {
  expect(inputOf({ ...emptyDraft, archetype: 'web-server', interval: '6h' }, false)).toEqual({
    deployment: 'default', deckies: [{ name: 'decky', count: 3, archetype: 'web-server', mutateInterval: '6h' }],
  })
})

test('addresses of their own make each decky a line', () => {
  const { deckies } = inputOf({ ...emptyDraft, prefix: 'web', firstAddress: '10.0.0.254' }, false)
  expect(deckies).toEqual([{ name: 'web-01', ip: '10.0.0.254' }, { name: 'web-02', ip: '10.0.0.255' }, { name: 'web-03', ip: '10.0.1.0' }])
  expect(inputOf({ ...emptyDraft, count: 1, firstAddress: '10.0.0.9' }, false).deckies).toEqual([{ name: 'decky', ip: '10.0.0.9' }])
})

test('a network is told only for a deployment that is new', () => {
  const draft = { ...emptyDraft, driver: 'MACVLAN' as const, parent: 'eth0', subnet: '10.0.0.0/24' }
  expect(inputOf(draft, true).network).toEqual({ driver: 'MACVLAN', parent: 'eth0', subnet: '10.0.0.0/24' })
  expect(inputOf(draft, false).network).toBeUndefined()
})

test('what is no address is left to the server to refuse', () => {
  expect(addressesFrom('10.0.0', 3)).toEqual(['10.0.0'])
  expect(addressesFrom('200.255.255.255', 2)).toEqual(['200.255.255.255', '201.0.0.0'])
})

test('says what is missing before the server is asked', () => {
  expect(missing(emptyDraft)).toBeNull()
  expect(missing({ ...emptyDraft, prefix: 'Web 1' })).toEqual({ field: 'prefix', words: expect.stringMatching(/name/) })
  expect(missing({ ...emptyDraft, count: NaN })).toEqual({ field: 'count', words: expect.stringMatching(/at least one/) })
  expect(missing({ ...emptyDraft, interval: 'often' })).toEqual({ field: 'interval', words: expect.stringMatching(/interval/) })
})

test('what the server refuses is said at the field that it is about', () => {
  expect(fieldOf(['input', 'deckies', 1, 'ip'])).toBe('firstAddress')
  expect(fieldOf(['input', 'deckies', 0, 'services', 2])).toBe('services')
  expect(fieldOf(['input', 'network', 'subnet'])).toBe('subnet')
  expect(fieldOf(['input', 'deckies', 0])).toBeNull()
  expect(fieldOf(undefined)).toBeNull()
})
