import { useEffect } from 'react'
import type { Live } from '../api/live'
import { useStore } from '../data/store'
import { lookForBuild, outdated } from './build'
import { useSince } from './useSince'

/** Says that the server has another build of the app, which it may have after each break of the connection. */
export function NewBuild({ live }: { live: Live }) {
  const since = useSince(live)
  useEffect(() => {
    if (since !== null) void lookForBuild()
  }, [since])
  if (!useStore(outdated)) return null
  return (
    <p role="status" className="notice new-build">
      <span>The server has another version of this page.</span>
      <button type="button" onClick={() => location.reload()}>Load it</button>
    </p>
  )
}
