import { useSyncExternalStore } from 'react'
import type { Live } from '../api/live'
import { Moment } from '../ui/Moment'

/** Whether what the page shows is now, or since when it is old. */
export function ConnectionState({ live }: { live: Live }) {
  const { state } = useSyncExternalStore(live.onChange, live.get)
  return (
    <p role="status" className={`connection ${state.kind}`} data-connection={state.kind} title={state.kind === 'reconnecting' ? state.reason : undefined}>
      {state.kind === 'connecting' && 'Connecting…'}
      {state.kind === 'live' && <>Live<span className="faint"> since <Moment at={new Date(state.since).toISOString()} /></span></>}
      {state.kind === 'reconnecting' && (
        <>Reconnecting<span className="faint"> — what you see is from <Moment at={new Date(state.since).toISOString()} />. {state.reason}</span></>
      )}
    </p>
  )
}
