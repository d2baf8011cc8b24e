import { expect, test } from 'vitest'
import { fromAddress, pressed, toAddress, type Order } from './order'

const fields = ['LAST_SEEN_AT', 'SESSIONS'] as const
type Field = (typeof fields)[number]
const usual: Order<Field> = { field: 'LAST_SEEN_AT', direction: 'DESC' }

test.each<Order<Field>>([usual, { field: 'SESSIONS', direction: 'ASC' }, { field: 'LAST_SEEN_AT', direction: 'ASC' }])('%j comes back from the address', (order) => {
  expect(fromAddress(toAddress(order), fields, usual)).toEqual(order)
})

test.each([null, '', 'password', 'sessions-down', '-up', '__proto__'])('%j is the usual order', (text) => expect(fromAddress(text, fields, usual)).toEqual(usual))

test('pressing a heading begins with the most, then with the fewest', () => {
  const most = pressed(usual, 'SESSIONS')
  expect(most).toEqual({ field: 'SESSIONS', direction: 'DESC' })
  expect(pressed(most, 'SESSIONS')).toEqual({ field: 'SESSIONS', direction: 'ASC' })
  expect(pressed(pressed(most, 'SESSIONS'), 'SESSIONS')).toEqual(most)
})
