import { useEffect } from 'react'
import { Unreachable } from '../api/request'
import { useApp } from './context'
import { useSince } from './useSince'

/** How long after a failure a server that is there is asked again, in milliseconds. */
const askAgainAfter = 1_000

/** Asks again what a server that did not answer was asked, once it is back: a page must not say that it is gone beside a connection that is live. */
export function useBack(problem: Error | null, again: () => void): void {
  const { data } = useApp()
  const since = useSince(data.live)
  useEffect(() => {
    if (since === null || !(problem instanceof Unreachable)) return
    const timer = setTimeout(again, askAgainAfter)
    return () => clearTimeout(timer)
  }, [since, problem, again])
}
