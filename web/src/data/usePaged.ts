import { useCallback, useEffect, useRef, useState } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import type { TypedDocumentString } from '../gql/graphql'
import { nodes, type Connection } from './nodes'

/** A page of a list, with where the next one begins. */
export interface Page<Node> extends Connection<Node> {
  pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined }
}

/** What is known of a list. */
export interface Paged<Node> {
  /** The pages that were read, as one; null until the first one is here. */
  list: readonly Node[] | null
  problem: Error | null
  /** Reads the first page again; the others have to be asked for anew. */
  again: () => void
  /** Reads one more page; null: there is none. */
  older: (() => void) | null
}

interface Past<Node> {
  /** The question that it answers. */
  of: string
  list: readonly Node[]
  after: string | null
}

/** Reads a list page by page; a new question begins anew. `pick` finds the list in the answer, and stays the same function. */
export function usePaged<Result, Variables extends { first: number; after?: string | null | undefined }, Node>(
  document: TypedDocumentString<Result, Variables>, variables: NoInfer<Omit<Variables, 'after'>>, pick: (result: Result) => Page<Node>,
): Paged<Node> {
  const { client } = useApp()
  const question = JSON.stringify(variables)
  const [past, setPast] = useState<Past<Node> | null>(null)
  const [problem, setProblem] = useState<Error | null>(null)
  const newest = useRef(0)

  const read = useCallback(async (before: Past<Node> | null) => {
    const turn = ++newest.current
    try {
      const page = pick(await request(client, document, { ...JSON.parse(question), after: before?.after ?? null } as Variables))
      if (turn !== newest.current) return
      setProblem(null)
      setPast({ of: question, list: [...(before?.list ?? []), ...nodes(page)], after: page.pageInfo.hasNextPage ? page.pageInfo.endCursor ?? null : null })
    } catch (reason) {
      if (turn === newest.current) setProblem(reason as Error)
    }
  }, [client, document, question, pick])
  useEffect(() => {
    void read(null)
    return () => void newest.current++
  }, [read])

  const current = past?.of === question ? past : null
  const again = useCallback(() => void read(null), [read])
  return { list: current?.list ?? null, problem, again, older: current?.after ? () => void read(current) : null }
}
