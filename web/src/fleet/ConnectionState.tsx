import { useSyncExternalStore } from 'react'
import { newConnection } from '../api/connection'
import type { Live } from '../api/live'
import { Moment } from '../text/Moment'

const never = () => () => {}

/** Whether what the page shows is now, or since when it is old. */
export function ConnectionState({ live }: { live: Live | null }) {
  const { state } = useSyncExternalStore(live?.onChange ?? never, live?.get ?? (() => newConnection))
  return (
    <p role="status" className={`connection ${state.kind}`} data-connection={state.kind}>
      {state.kind === 'connecting' && 'Connecting…'}
      {state.kind === 'live' && 'Live'}
      {state.kind === 'reconnecting' && (
        <>Reconnecting: what you see is from before <Moment at={new Date(state.since).toISOString()} />. {state.reason}</>
      )}
    </p>
  )
}
