import { useEffect, useMemo, useState } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { interactionsPage, type Interaction } from '../data/documents'
import { nodes } from '../data/nodes'
import { useStore } from '../data/store'
import type { InteractionWhereInput } from '../gql/graphql'

const pageSize = 200

/** Interactions to count: the newest that answer the question, up to a bound. */
export interface Sample {
  interactions: readonly Interaction[] | null
  /** There were more than the bound. */
  more: boolean
  problem: Error | null
  again: () => void
}

/** Reads up to `most` interactions, newest first, and again when the question changes; those that come live and `fit` are put before them. */
export function useSample(where: InteractionWhereInput, most: number, fit: (i: Interaction) => boolean = always): Sample {
  const { client, data } = useApp()
  const live = useStore(data.interactions)
  const [sample, setSample] = useState<Omit<Sample, 'again'>>({ interactions: null, more: false, problem: null })
  const [tries, setTries] = useState(0)
  const wanted = JSON.stringify(where)
  useEffect(() => {
    let left = false
    const read = async () => {
      const all: Interaction[] = []
      for (let after: string | null = null, more = true; more && !left;) {
        const { interactions: page }: { interactions: Page } = await request(client, interactionsPage, { first: pageSize, after, where: JSON.parse(wanted) as InteractionWhereInput })
        all.push(...nodes(page))
        after = page.pageInfo.endCursor ?? null
        more = page.pageInfo.hasNextPage && all.length < most
        if (!left && !more) setSample({ interactions: all, more: page.pageInfo.hasNextPage, problem: null })
      }
    }
    read().catch((problem: unknown) => left || setSample({ interactions: null, more: false, problem: problem as Error }))
    return () => void (left = true)
  }, [client, wanted, most, tries])
  const interactions = useMemo(() => {
    if (!sample.interactions) return null
    const since = Date.parse(sample.interactions[0]?.at ?? '') || -Infinity
    const known = new Set(sample.interactions.map((i) => i.id))
    const fresh = [...live.values()].filter((i) => Date.parse(i.at) >= since && !known.has(i.id) && fit(i)).toReversed()
    return fresh.length > 0 ? [...fresh, ...sample.interactions] : sample.interactions
  }, [sample.interactions, live, fit])
  return { ...sample, interactions, again: () => setTries((n) => n + 1) }
}

const always = () => true

interface Page {
  edges?: readonly ({ node?: Interaction | null } | null)[] | null
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}
