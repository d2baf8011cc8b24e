import { expect, test } from 'vitest'
import type { Interaction } from '../data/documents'
import { asJSON } from './asJSON'

const interaction: Interaction = {
  id: 'int_1', cursor: 'c', at: '2030-01-01T00:00:00Z', type: 'command', origin: 'INTRUDER', service: 'redis', deckyName: 'db-01', deploymentName: 'default', sourceIP: '10.0.0.9',
  sourcePort: 4711, destPort: 6379, session: 's', principal: null, credentialID: null, secret: null, command: 'SET x …', outcome: null, message: 'SET',
} as unknown as Interaction

test('what is copied has every fact whole, with the bytes of what does not print', () => {
  const copied = JSON.parse(asJSON(interaction, [{ name: 'command', value: 'SET x ' + 'a'.repeat(5_000), base64: null }, { name: 'data', value: '\\x00', base64: 'AA==' }])) as Record<string, unknown>
  expect(copied['fields']).toEqual([{ name: 'command', value: 'SET x ' + 'a'.repeat(5_000) }, { name: 'data', value: '\\x00', base64: 'AA==' }])
  expect(copied).toMatchObject({ at: '2030-01-01T00:00:00Z', sourceIP: '10.0.0.9', destPort: 6379, session: 's' })
})
