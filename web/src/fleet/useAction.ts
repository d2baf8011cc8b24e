import { useCallback, useState } from 'react'
import { ApiError, inWords } from '../api/request'

/** What the operator last asked for, and what became of the asking. The work behind it is told by the journal. */
export interface Action {
  label: string
  /** Null while the server has not answered. */
  lifecycleIds: readonly string[] | null
  problem: string | null
}

/** Runs one mutation at a time. */
export function useAction(expired: () => void) {
  const [action, setAction] = useState<Action | null>(null)
  const run = useCallback(
    async (label: string, ask: () => Promise<{ lifecycleIds: readonly string[] }>) => {
      setAction({ label, lifecycleIds: null, problem: null })
      try {
        const { lifecycleIds } = await ask()
        setAction({ label, lifecycleIds, problem: null })
      } catch (problem) {
        if (problem instanceof ApiError && problem.has('UNAUTHENTICATED')) return expired()
        setAction({ label, lifecycleIds: null, problem: inWords(problem) })
      }
    },
    [expired],
  )
  const clear = useCallback(() => setAction(null), [])
  return { action, run, clear }
}

export type Run = ReturnType<typeof useAction>['run']
