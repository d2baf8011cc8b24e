// What the wizard's form says, and the deploy that it means.
import type { DeployInput, NetworkDriver } from '../gql/graphql'

export interface Draft {
  /** Null: services by hand, or none at all and the mutator picks. */
  archetype: string | null
  services: readonly string[]
  prefix: string
  count: number
  deployment: string
  /** Null: the engine's own choice. */
  driver: NetworkDriver | null
  subnet: string
  gateway: string
  parent: string
  /** The first address; empty: the next free ones. */
  firstAddress: string
  /** Empty: as the deployment says. */
  interval: string
}

export const emptyDraft: Draft = {
  archetype: null, services: [], prefix: 'decky', count: 3, deployment: 'default', driver: null, subnet: '', gateway: '', parent: '',
  firstAddress: '', interval: '',
}

/** The input of `deploy`. `isNew`: the deployment is not there yet, so that its network can be chosen. */
export function inputOf(draft: Draft, isNew: boolean): DeployInput {
  const alike = {
    ...(draft.archetype && { archetype: draft.archetype }),
    ...(draft.services.length > 0 && { services: [...draft.services] }),
    ...(draft.interval && { mutateInterval: draft.interval }),
  }
  const addresses = draft.firstAddress ? addressesFrom(draft.firstAddress, draft.count) : null
  return {
    deployment: draft.deployment,
    deckies: addresses
      ? addresses.map((ip, i) => ({ name: nameOf(draft, i), ip, ...alike }))
      : [{ name: draft.prefix, count: draft.count, ...alike }],
    ...(isNew && draft.driver && {
      network: {
        driver: draft.driver,
        ...(draft.subnet && { subnet: draft.subnet }),
        ...(draft.gateway && { gateway: draft.gateway }),
        ...(draft.parent && { parent: draft.parent }),
      },
    }),
  }
}

// The server numbers names in the same way.
function nameOf({ prefix, count }: Draft, i: number): string {
  return count === 1 ? prefix : `${prefix}-${String(i + 1).padStart(Math.max(2, String(count).length), '0')}`
}

/** So many IPv4 addresses in a row. What is no address is left to the server to refuse. */
export function addressesFrom(first: string, count: number): string[] {
  const parts = first.split('.').map(Number)
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) return [first]
  const start = parts.reduce((sum, part) => sum * 256 + part, 0)
  return Array.from({ length: count }, (_, i) => [24, 16, 8, 0].map((shift) => Math.floor((start + i) / 2 ** shift) % 256).join('.'))
}

/** What the form lacks before the server can be asked; null: nothing. */
export function missing({ prefix, count, deployment, interval }: Draft): string | null {
  const name = /^[a-z0-9-]{1,64}$/
  if (!name.test(prefix)) return 'A name is made of a-z, 0-9 and dashes, up to 64.'
  if (!name.test(deployment)) return 'A deployment is named by a-z, 0-9 and dashes, up to 64.'
  if (!Number.isInteger(count) || count < 1) return 'Deploy at least one decky.'
  if (interval && !/^(\d+(\.\d+)?(h|m|s))+$|^PT?\w+$/.test(interval)) return 'An interval looks like 30m, 6h or 24h.'
  return null
}
