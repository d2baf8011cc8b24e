// How GraphiQL reaches the API: queries and mutations by POST, subscriptions over the WebSocket, both with the session's token. The toolkit's own
// fetcher goes by GraphiQL's idea of the text, which is half a second old; ours reads what is sent.
import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit'
import { getOperationAST, parse, type ExecutionResult } from 'graphql'
import type { Client, Sink } from 'graphql-ws'
import { asError, forbidden, openSocket } from '../api/live'
import { credentials, type Refusal } from '../api/request'

/** Makes the fetcher and the WebSocket under it; `expired` is called when the server no longer accepts the token. */
export function makeFetcher(token: string | null, expired: () => void): { fetcher: Fetcher; socket: Client } {
  const socket = openSocket(token, { opened: () => {}, closed: (code) => code === forbidden && expired() })
  const fetcher: Fetcher = ({ query, variables, operationName }, options) => {
    const operation = operationOf(query, operationName)
    const params = { query, variables, operationName: operation?.name?.value ?? null }
    return operation?.operation === 'subscription' ? stream(socket, params) : post(params, { ...credentials(token), ...options?.headers }, expired)
  }
  return { fetcher, socket }
}

// The operation that is meant: the named one or, where the name is out of date, the only one.
function operationOf(query: string, name: string | null | undefined) {
  try {
    const document = parse(query)
    return getOperationAST(document, name) ?? getOperationAST(document)
  } catch {
    return null // the server words a syntax error better
  }
}

async function post(params: FetcherParams, headers: HeadersInit, expired: () => void): Promise<ExecutionResult> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json', ...headers },
    body: JSON.stringify(params),
  })
  const answer = (await response.json()) as ExecutionResult
  // A wrong password given to `login` is UNAUTHENTICATED as well, and says nothing of our token.
  const refused = (e: Pick<Refusal, 'extensions' | 'path'>) => e.extensions?.code === 'UNAUTHENTICATED' && e.path?.[0] !== 'login'
  if (answer.errors?.some(refused)) expired()
  return answer
}

// An Observable, because stopping it ends the subscription at once; an async generator would wait for the next event.
function stream(socket: Client, { query, variables, operationName }: FetcherParams) {
  return {
    subscribe: (to: Sink<unknown>) => ({
      unsubscribe: socket.subscribe(
        { query, variables, operationName },
        { next: (result) => to.next(result), error: (problem) => to.error(asError(problem)), complete: () => to.complete() },
      ),
    }),
    // The type also wants a form with three functions, which GraphiQL never uses.
  } as Observable<ExecutionResult>
}
