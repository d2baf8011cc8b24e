import type { Interaction } from '../data/documents'

interface Fact {
  name: string
  value: string
  base64?: string | null | undefined
}

/** An interaction to be pasted elsewhere: all of it, and bytes that do not print as base64 too. */
export function asJSON(i: Interaction, fields: readonly Fact[]): string {
  const { id, at, type, origin, service, deckyName, deploymentName, sourceIP, sourcePort, destPort, session, message } = i
  return JSON.stringify({
    id, at, type, origin, service, deckyName, deploymentName, sourceIP, sourcePort, destPort, session, message,
    fields: fields.map(({ name, value, base64 }) => ({ name, value, ...(base64 && { base64 }) })),
  }, null, 2)
}
