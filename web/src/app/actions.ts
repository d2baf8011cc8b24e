// What the operator asked for, and what became of it. Kept beside the pages, so that going to another one does not lose an answer.
import { useCallback, useMemo, useState } from 'react'
import { inWords } from '../api/request'

/** Something that was asked for. The answer says only that it was accepted; the work behind it is told by the journal. */
export interface Action {
  key: number
  label: string
  /** Null while the server has not answered. */
  lifecycleIds: readonly string[] | null
  problem: string | null
}

/** The newest actions, oldest first. */
export interface Actions {
  list: readonly Action[]
  /** Asks, and shows what becomes of it. Resolves with the lifecycles that were accepted, or null when it was refused. */
  run: (label: string, ask: () => Promise<{ lifecycleIds: readonly string[] }>) => Promise<readonly string[] | null>
  close: (key: number) => void
}

const keptActions = 3

let keys = 0

export function useActions(): Actions {
  const [list, setList] = useState<readonly Action[]>([])
  const put = useCallback((action: Action) => {
    setList((all) => (all.some((a) => a.key === action.key) ? all.map((a) => (a.key === action.key ? action : a)) : [...all, action].slice(-keptActions)))
  }, [])
  const run = useCallback<Actions['run']>(
    async (label, ask) => {
      const key = ++keys
      put({ key, label, lifecycleIds: null, problem: null })
      try {
        const { lifecycleIds } = await ask()
        put({ key, label, lifecycleIds, problem: null })
        return lifecycleIds
      } catch (problem) {
        put({ key, label, lifecycleIds: null, problem: inWords(problem) })
        return null
      }
    },
    [put],
  )
  const close = useCallback((key: number) => setList((all) => all.filter((a) => a.key !== key)), [])
  return useMemo(() => ({ list, run, close }), [list, run, close])
}
