// What the wizard's form says, and the deploy that it means.
import { Store } from '../data/store'
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

/** The form as it was left, for who comes back to it; it begins anew once a deploy was accepted. */
export const leftDraft = new Store<Draft & { byHand: boolean }>({ ...emptyDraft, byHand: false })
export const beginAnew = (): void => leftDraft.set({ ...emptyDraft, byHand: false })

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

/** Why something can't be deployed, and the field of the form that it is about; null: none in particular. */
export interface Fault {
  field: keyof Draft | null
  words: string
}

/** What the form lacks before the server can be asked; null: nothing. */
export function missing({ prefix, count, deployment, interval }: Draft): Fault | null {
  const name = /^[a-z0-9-]{1,64}$/
  if (!name.test(prefix)) return { field: 'prefix', words: 'A name is made of a-z, 0-9 and dashes, up to 64.' }
  if (!name.test(deployment)) return { field: 'deployment', words: 'A deployment is named by a-z, 0-9 and dashes, up to 64.' }
  if (!Number.isInteger(count) || count < 1) return { field: 'count', words: 'Deploy at least one decky.' }
  if (interval && !/^(\d+(\.\d+)?(h|m|s))+$|^PT?\w+$/.test(interval)) return { field: 'interval', words: 'An interval looks like 30m, 6h or 24h.' }
  return null
}

/** The fields that an argument of `deploy` comes from, by its last name. */
const fields: Record<string, keyof Draft> = {
  name: 'prefix', count: 'count', ip: 'firstAddress', mutateInterval: 'interval', deployment: 'deployment', archetype: 'archetype', services: 'services',
  driver: 'driver', subnet: 'subnet', gateway: 'gateway', parent: 'parent',
}

/** The field that a refusal of the server is about. */
export function fieldOf(argument: readonly (string | number)[] | undefined): keyof Draft | null {
  const named = argument?.findLast((part) => typeof part === 'string' && Object.hasOwn(fields, part))
  return named === undefined ? null : fields[named] ?? null
}
