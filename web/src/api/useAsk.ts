import { useCallback, useMemo } from 'react'
import { useQuery } from 'urql'
import { useBack } from '../app/useBack'
import type { TypedDocumentString } from '../gql/graphql'
import { asRefusal, typed } from './request'

/** What is known of an answer. */
export interface Answer<Result> {
  /** The newest answer, also while a newer one is on its way. */
  data: Result | undefined
  fetching: boolean
  problem: Error | null
  /** Asks again, past the cache. */
  again: () => void
}

/** Asks a query when the component shows, again when its variables change, and when a server that did not answer is back. `pause` waits. */
export function useAsk<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>, variables: Variables, pause = false,
): Answer<Result> {
  const query = useMemo(() => typed(document), [document])
  const [{ data, fetching, error }, ask] = useQuery<Result, Variables>({ query, variables, pause })
  const again = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask])
  const problem = useMemo(() => (error ? asRefusal(error) : null), [error])
  useBack(problem, again)
  return { data, fetching, problem, again }
}
