// Which lifecycles are shown, as it stands in the address.
import type { Lifecycle } from '../data/documents'
import type { LifecycleOperation, LifecycleStatus, LifecycleTrigger, LifecycleWhereInput } from '../gql/graphql'

export const operations: readonly LifecycleOperation[] = ['DEPLOY', 'MUTATE', 'TEARDOWN', 'REPAIR']
export const statuses: readonly LifecycleStatus[] = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'SUPERSEDED']
export const triggers: readonly LifecycleTrigger[] = ['OPERATOR', 'SCHEDULE', 'RECONCILER']

export interface Filters {
  decky: string
  operation: LifecycleOperation | null
  status: LifecycleStatus | null
  trigger: LifecycleTrigger | null
}

const among = <T extends string>(all: readonly T[], text: string | null): T | null => all.find((v) => v.toLowerCase() === text) ?? null

export function fromAddress(params: URLSearchParams): Filters {
  return {
    decky: params.get('decky') ?? '',
    operation: among(operations, params.get('operation')),
    status: among(statuses, params.get('status')),
    trigger: among(triggers, params.get('trigger')),
  }
}

export function toAddress(filters: Filters): URLSearchParams {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(filters) as [string, string | null][]) if (value) params.set(key, key === 'decky' ? value : value.toLowerCase())
  return params
}

/** The question to the server. */
export function toWhere({ decky, operation, status, trigger }: Filters): LifecycleWhereInput {
  return {
    ...(decky && { deckyNameContains: decky }),
    ...(operation && { operation }),
    ...(status && { status }),
    ...(trigger && { trigger }),
  }
}

/** The same question to a lifecycle that the page has been told of. */
export function matches(l: Lifecycle, { decky, operation, status, trigger }: Filters): boolean {
  return l.deckyName.includes(decky) && (!operation || l.operation === operation) && (!status || l.status === status) && (!trigger || l.trigger === trigger)
}
