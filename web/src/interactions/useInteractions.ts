import { useEffect, useMemo, useRef } from 'react'
import { useApp } from '../app/context'
import { interactionsPage, type Interaction } from '../data/documents'
import { newestOf, outgrown } from '../data/feed'
import { useStore } from '../data/store'
import { usePaged, type Paged } from '../data/usePaged'
import type { InteractionOrigin, InteractionsPageQuery, InteractionWhereInput } from '../gql/graphql'

const pageSize = 100
const pick = ({ interactions }: InteractionsPageQuery) => interactions

const has = (text: string | null | undefined, part: string) => text?.toLowerCase().includes(part.toLowerCase()) ?? false

/** What can be asked, and what it means: the server knows these predicates by the same names. */
const asked = {
  deckyName: (i, name) => i.deckyName === name,
  deckyNameContainsFold: (i, part) => has(i.deckyName, part),
  deploymentName: (i, name) => i.deploymentName === name,
  service: (i, slug) => i.service === slug,
  type: (i, kind) => i.type === kind,
  sourceIP: (i, address) => i.sourceIP === address,
  sourceIPHasPrefix: (i, beginning) => i.sourceIP.startsWith(beginning),
  session: (i, key) => i.session === key,
  principalContainsFold: (i, part) => has(i.principal, part),
  credentialID: (i, id) => i.credentialID === id,
  commandContainsFold: (i, part) => has(i.command, part),
  atGTE: (i, at) => Date.parse(i.at) >= Date.parse(at),
  atLT: (i, at) => Date.parse(i.at) < Date.parse(at),
  origin: (i, origin) => i.origin === origin,
  originNEQ: (i, origin) => i.origin !== origin,
} satisfies Partial<Record<keyof InteractionWhereInput, (i: Interaction, value: string) => boolean>>

/** What can be asked of interactions of the past and, by `fits`, of those that come live. */
export type Question = { [Field in keyof typeof asked]?: Field extends 'origin' | 'originNEQ' ? InteractionOrigin : string }

/** Whether an interaction answers the question. */
export function fits(i: Interaction, question: Question): boolean {
  return (Object.keys(question) as (keyof Question)[]).every((key) => !question[key] || asked[key](i, question[key]))
}

const whole = /^(\d{1,3}\.){3}\d{1,3}$|^(?=.*:.*:)[\da-f:.]*[\da-f]$/i

/** Asks for a source: a whole address means itself, as where a page leads here with one; less than that the addresses that begin so. */
export const fromSource = (address: string): Question => (whole.test(address) ? { sourceIP: address } : { sourceIPHasPrefix: address })

/** Interactions, newest first: the past page by page, and over it what is recorded as it happens. */
export function useInteractions(question: Question): Paged<Interaction> {
  const { data } = useApp()
  const live = useStore(data.interactions)
  const past = usePaged(interactionsPage, { first: pageSize, where: question }, pick)
  // The page keeps the newest that it was told of. A scan brings more: without the past as it is by then, there would be a hole that nobody sees.
  const seen = useRef(newestOf(live))
  const { again } = past
  useEffect(() => {
    if (!outgrown(live, seen.current)) return
    seen.current = newestOf(live)
    again()
  }, [live, again])
  const list = useMemo(() => {
    if (!past.list) return null
    const since = Date.parse(past.list[0]?.at ?? '') || -Infinity
    const known = new Set(past.list.map((i) => i.id))
    const fresh = [...live.values()].filter((i) => !known.has(i.id) && Date.parse(i.at) >= since && fits(i, question)).toReversed()
    return [...fresh, ...past.list]
  }, [past.list, live, question])
  return { ...past, list }
}
