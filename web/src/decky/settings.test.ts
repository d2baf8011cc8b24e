import { describe, expect, test } from 'vitest'
import { chosenOf, inputOf, refusedSetting } from './settings'

describe('settings', () => {
  const settings = [{ service: 'http', key: 'custom_body', value: '<p>\n</p>' }, { service: 'ssh', key: 'password', value: 'a.b' }]

  test('what the server has comes back as it was', () => {
    expect(inputOf(chosenOf(settings))).toEqual(settings)
  })
  test('what is empty is chosen no more', () => {
    expect(inputOf({ ...chosenOf(settings), 'ssh.password': '' })).toEqual(settings.slice(0, 1))
  })
  test('a refusal is about the setting that its path names', () => {
    expect(refusedSetting(['input', 'settings', 1, 'value'], settings)).toBe('ssh.password')
    expect(refusedSetting(['input', 'settings', 7], settings)).toBeNull()
    expect(refusedSetting(['input', 'services'], settings)).toBeNull()
    expect(refusedSetting(undefined, settings)).toBeNull()
  })
})
