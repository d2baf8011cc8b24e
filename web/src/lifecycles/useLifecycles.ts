import { useMemo } from 'react'
import { useApp } from '../app/context'
import { lifecyclesPage, type Lifecycle } from '../data/documents'
import { isOver } from '../data/journal'
import { useStore } from '../data/store'
import { usePaged, type Paged } from '../data/usePaged'
import type { LifecyclesPageQuery, LifecycleWhereInput } from '../gql/graphql'

const pageSize = 100
const pick = ({ lifecycles }: LifecyclesPageQuery) => lifecycles

/** Lifecycles, newest first: the past page by page, and over it what the journal tells as it happens. */
export function useLifecycles(where: LifecycleWhereInput, matches: (l: Lifecycle) => boolean): Paged<Lifecycle> {
  const { data } = useApp()
  const { entries } = useStore(data.journal)
  const past = usePaged(lifecyclesPage, { first: pageSize, where }, pick)
  const last = past.list?.at(-1)
  const oldest = past.older && last ? Date.parse(last.createdAt) : -Infinity
  const list = useMemo(() => {
    if (!past.list) return null
    const merged = new Map(past.list.map((l) => [l.id, l]))
    for (const { lifecycle: l } of entries.values()) {
      const known = merged.get(l.id)
      // Older than the pages that were read: it has its place further down.
      if (!known && Date.parse(l.createdAt) < oldest) continue
      if (!known || !isOver(known)) merged.set(l.id, l)
    }
    return [...merged.values()].filter(matches).sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  }, [past.list, oldest, entries, matches])
  return { ...past, list }
}
