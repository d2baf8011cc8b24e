import { useSyncExternalStore } from 'react'
import type { Live } from '../api/live'

/** Since when the connection is live, in milliseconds since 1970; null while it is not. Another moment is another connection. */
export function useSince(live: Live): number | null {
  const { state } = useSyncExternalStore(live.onChange, live.get)
  return state.kind === 'live' ? state.since : null
}
