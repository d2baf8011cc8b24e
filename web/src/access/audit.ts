// What of the audit trail is shown, as it stands in the address.
import type { AuditEntryWhereInput } from '../gql/graphql'

export interface AuditFilters {
  actor: string
  action: string
  /** `ok`, `refused`, or empty for either. */
  result: string
}

export const auditFilters = (params: URLSearchParams): AuditFilters => ({
  actor: params.get('actor') ?? '', action: params.get('action') ?? '', result: params.get('result') ?? '',
})

/** Arguments as people read them. The server writes markup in JSON as \u003c and the like; here it is text anyway. What was cut off is no JSON, and stays as it is. */
export function readable(detail: string): string {
  try {
    return JSON.stringify(JSON.parse(detail))
  } catch {
    return detail
  }
}

/** The question to the server. */
export const auditWhere = ({ actor, action, result }: AuditFilters): AuditEntryWhereInput => ({
  ...(actor && { actorContains: actor }),
  ...(action && { actionContainsFold: action }),
  ...(result === 'ok' && { result: 'OK' }),
  ...(result === 'refused' && { resultNEQ: 'OK' }),
})
