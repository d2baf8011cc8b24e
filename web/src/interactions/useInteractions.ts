import { useEffect, useMemo, useState } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { interactionsPage, type Interaction } from '../data/documents'
import { nodes } from '../data/nodes'
import { useStore } from '../data/store'
import type { InteractionWhereInput } from '../gql/graphql'

const pageSize = 100

/** What can be asked of interactions here and, by `fits`, of those that come live. */
export type Question = Pick<InteractionWhereInput, 'deckyName' | 'deploymentName' | 'service' | 'type' | 'sourceIP' | 'session' | 'principal'>

/** Whether an interaction answers the question. */
export function fits(i: Interaction, question: Question): boolean {
  return (Object.keys(question) as (keyof Question)[]).every((key) => !question[key] || i[key] === question[key])
}

interface Past {
  of: string
  interactions: readonly Interaction[]
  after: string | null
}

/** Interactions, newest first: the past page by page, and over it what is recorded as it happens. */
export function useInteractions(question: Question) {
  const { client, data } = useApp()
  const live = useStore(data.interactions)
  const wanted = JSON.stringify(question)
  const [past, setPast] = useState<Past | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const [tries, setTries] = useState(0)

  const read = async (of: string, after: string | null, before: readonly Interaction[], left: () => boolean) => {
    try {
      const { interactions } = await request(client, interactionsPage, { first: pageSize, after, where: JSON.parse(of) as Question })
      if (left()) return
      setProblem(null)
      setPast({ of, interactions: [...before, ...nodes(interactions)], after: interactions.pageInfo.hasNextPage ? interactions.pageInfo.endCursor ?? null : null })
    } catch (reason) {
      if (!left()) setProblem(reason as Error)
    }
  }
  useEffect(() => {
    let left = false
    void read(wanted, null, [], () => left)
    return () => void (left = true)
  }, [client, wanted, tries])

  const current = past?.of === wanted ? past : null
  const list = useMemo(() => {
    if (!current) return null
    const newest = current.interactions[0]
    const since = newest ? Date.parse(newest.at) : -Infinity
    const known = new Set(current.interactions.map((i) => i.id))
    const fresh = [...live.values()].filter((i) => !known.has(i.id) && Date.parse(i.at) >= since && fits(i, question)).toReversed()
    return [...fresh, ...current.interactions]
  }, [current, live, wanted])

  return {
    list,
    problem,
    again: () => setTries((n) => n + 1),
    older: current?.after ? () => void read(wanted, current.after, current.interactions, () => false) : null,
  }
}
