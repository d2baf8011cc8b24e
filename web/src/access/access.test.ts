import { expect, test } from 'vitest'
import { auditFilters, auditWhere, readable } from './audit'
import { rolesUpTo } from './roles'

test('nobody hands on more than they may do themselves', () => {
  expect(rolesUpTo('VIEWER')).toEqual(['VIEWER'])
  expect(rolesUpTo('OPERATOR')).toEqual(['VIEWER', 'OPERATOR'])
  expect(rolesUpTo('ADMIN')).toEqual(['VIEWER', 'OPERATOR', 'ADMIN'])
})

test('the address says what of the audit trail is asked for', () => {
  const asked = (address: string) => auditWhere(auditFilters(new URLSearchParams(address)))
  expect(asked('')).toEqual({})
  expect(asked('actor=olga&action=deploy&result=ok')).toEqual({ actorContains: 'olga', actionContainsFold: 'deploy', result: 'OK' })
  expect(asked('result=refused')).toEqual({ resultNEQ: 'OK' })
})

test('arguments are read as they were given, and what was cut off as it is', () => {
  expect(readable('{"name":"\\u003cb\\u003e"}')).toBe('{"name":"<b>"}')
  expect(readable('{"name":"\\u003cb')).toBe('{"name":"\\u003cb')
})
