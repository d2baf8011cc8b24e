import { useCallback, useEffect, useRef, useState } from 'react'
import { useApp } from '../app/context'
import { useBack } from '../app/useBack'
import { request } from '../api/request'
import type { TypedDocumentString } from '../gql/graphql'
import { Pages, type Known, type Page } from './pages'

/** What is known of a list. */
export interface Paged<Node> {
  /** The pages that were read, as one; null until the first one is here. */
  list: readonly Node[] | null
  /** The list, or while it is asked for that of the question before: a table that goes and comes takes the focus with it. */
  shown: readonly Node[] | null
  /** How many there are in all, where the question asks. */
  total: number | null
  problem: Error | null
  /** Reads the pages that are shown again. */
  again: () => void
  /** Reads one more page; null: there is none. */
  older: (() => void) | null
  /** Reads a page of it, beside what is shown. */
  read: (after: string | null) => Promise<Page<Node>>
}

/** Reads a list page by page; a new question begins anew. `pick` finds the list in the answer, and stays the same function. */
export function usePaged<Result, Variables extends { first: number; after?: string | null | undefined }, Node extends { id: string }>(
  document: TypedDocumentString<Result, Variables>, variables: NoInfer<Omit<Variables, 'after'>>, pick: (result: Result) => Page<Node> & { totalCount?: number },
): Paged<Node> {
  const { client } = useApp()
  const question = JSON.stringify(variables)
  // With the question that it answers: another one's is not shown.
  const [known, setKnown] = useState<(Known<Node> & { of: string }) | null>(null)
  const pages = useRef<Pages<Node> | null>(null)
  const read = useCallback(
    async (after: string | null) => pick(await request(client, document, { ...JSON.parse(question), after } as Variables)),
    [client, document, question, pick],
  )

  useEffect(() => {
    const fresh = new Pages<Node>(read, (now) => setKnown({ ...now, of: question }))
    pages.current = fresh
    fresh.again()
    return () => fresh.stop()
  }, [read, question])

  const current = known?.of === question ? known : null
  const again = useCallback(() => pages.current?.again(), [])
  const older = useCallback(() => pages.current?.older(), [])
  useBack(current?.problem ?? null, again)
  return { read, list: current?.list ?? null, shown: (current ?? known)?.list ?? null, total: current?.total ?? null, problem: current?.problem ?? null, again, older: current?.after ? older : null }
}
