import { useMemo } from 'react'
import { useApp } from '../app/context'
import { interactionsPage, type Interaction } from '../data/documents'
import { useStore } from '../data/store'
import { usePaged, type Paged } from '../data/usePaged'
import type { InteractionsPageQuery, InteractionWhereInput } from '../gql/graphql'

const pageSize = 100
const pick = ({ interactions }: InteractionsPageQuery) => interactions

/** What can be asked of interactions of the past and, by `fits`, of those that come live. */
export type Question = Pick<InteractionWhereInput, 'deckyName' | 'deploymentName' | 'service' | 'type' | 'sourceIP' | 'session' | 'principal'>

/** Whether an interaction answers the question. */
export function fits(i: Interaction, question: Question): boolean {
  return (Object.keys(question) as (keyof Question)[]).every((key) => !question[key] || i[key] === question[key])
}

/** Interactions, newest first: the past page by page, and over it what is recorded as it happens. */
export function useInteractions(question: Question): Paged<Interaction> {
  const { data } = useApp()
  const live = useStore(data.interactions)
  const past = usePaged(interactionsPage, { first: pageSize, where: question }, pick)
  const list = useMemo(() => {
    if (!past.list) return null
    const since = Date.parse(past.list[0]?.at ?? '') || -Infinity
    const known = new Set(past.list.map((i) => i.id))
    const fresh = [...live.values()].filter((i) => !known.has(i.id) && Date.parse(i.at) >= since && fits(i, question)).toReversed()
    return [...fresh, ...past.list]
  }, [past.list, live, question])
  return { ...past, list }
}
