// The deploys that were begun in this browser. Each is kept before it is sent, with its idempotency key: whoever comes back, even from a tab that
// closed between the question and the answer, asks again under the same key and gets the same deploy, never a second one.
import type { DeployInput } from '../gql/graphql'

const key = 'decnet.deploys'
const keptDeploys = 12
/** How long the server keeps idempotency keys at least, in milliseconds. Older ones are not asked again. */
export const keysLast = 24 * 3_600_000

export interface Deploy {
  /** Its idempotency key, which is also its address. */
  key: string
  input: DeployInput
  at: string
  /** The names and lifecycles that the server accepted; null: it has not answered. */
  lifecycleIds: readonly string[] | null
}

/** The deploys, newest first. */
export function deploys(): readonly Deploy[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(value) ? (value as Deploy[]).filter((d) => typeof d.key === 'string') : []
  } catch {
    return [] // not ours
  }
}

/** Keeps a deploy, in the place of what was known of it. */
export function keep(deploy: Deploy): void {
  const others = deploys().filter((d) => d.key !== deploy.key)
  localStorage.setItem(key, JSON.stringify([deploy, ...others].slice(0, keptDeploys)))
}

/** Forgets a deploy that the server refused: nothing came of it. */
export function drop(gone: string): void {
  localStorage.setItem(key, JSON.stringify(deploys().filter((d) => d.key !== gone)))
}
