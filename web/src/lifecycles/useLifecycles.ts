import { useEffect, useMemo, useState } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { lifecyclesPage, type Lifecycle } from '../data/documents'
import { isOver } from '../data/journal'
import { nodes } from '../data/nodes'
import { useStore } from '../data/store'
import type { LifecycleWhereInput } from '../gql/graphql'

const pageSize = 100

interface Past {
  /** The question that this answers. */
  of: string
  lifecycles: readonly Lifecycle[]
  after: string | null
}

/** Lifecycles, newest first: the past page by page, and over it what the journal tells as it happens. */
export function useLifecycles(where: LifecycleWhereInput, matches: (l: Lifecycle) => boolean) {
  const { client, data } = useApp()
  const { entries } = useStore(data.journal)
  const question = JSON.stringify(where)
  const [past, setPast] = useState<Past | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const [tries, setTries] = useState(0)

  const read = async (of: string, after: string | null, before: readonly Lifecycle[], left: () => boolean) => {
    try {
      const { lifecycles } = await request(client, lifecyclesPage, { first: pageSize, after, where: JSON.parse(of) as LifecycleWhereInput })
      if (left()) return
      setProblem(null)
      setPast({ of, lifecycles: [...before, ...nodes(lifecycles)], after: lifecycles.pageInfo.hasNextPage ? lifecycles.pageInfo.endCursor ?? null : null })
    } catch (reason) {
      if (!left()) setProblem(reason as Error)
    }
  }
  useEffect(() => {
    let left = false
    void read(question, null, [], () => left)
    return () => void (left = true)
  }, [client, question, tries])

  const current = past?.of === question ? past : null
  const all = useMemo(() => {
    if (!current) return []
    const oldest = current.after === null ? -Infinity : Date.parse(current.lifecycles.at(-1)?.createdAt ?? '')
    const merged = new Map(current.lifecycles.map((l) => [l.id, l]))
    for (const { lifecycle: l } of entries.values()) {
      const known = merged.get(l.id)
      // Older than the page that was read: it has its place further down.
      if (!known && Date.parse(l.createdAt) < oldest) continue
      if (!known || !isOver(known)) merged.set(l.id, l)
    }
    return [...merged.values()].filter(matches).sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  }, [current, entries, matches])

  return {
    lifecycles: current && all,
    problem,
    again: () => setTries((n) => n + 1),
    older: current?.after ? () => void read(question, current.after, current.lifecycles, () => false) : null,
  }
}
