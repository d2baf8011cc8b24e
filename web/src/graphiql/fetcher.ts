// How GraphiQL reaches the API: queries and mutations by POST, subscriptions over the WebSocket, both with the session's token.
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit'
import type { Client } from 'graphql-ws'
import { openSocket } from '../api/live'
import { credentials } from '../api/request'

const forbidden = 4403

/** Makes the fetcher and the WebSocket under it; `expired` is called when the server no longer accepts the token. */
export function makeFetcher(token: string | null, expired: () => void): { fetcher: Fetcher; socket: Client } {
  const socket = openSocket(token, { opened: () => {}, closed: (code) => void (code === forbidden && expired()) })
  const fetcher = createGraphiQLFetcher({
    url: '/graphql',
    headers: credentials(token),
    wsClient: socket,
    fetch: async (...args) => {
      const response = await fetch(...args)
      if (await refusesToken(response.clone())) expired()
      return response
    },
  })
  return { fetcher, socket }
}

async function refusesToken(response: Response): Promise<boolean> {
  const answer: unknown = await response.json().catch(() => null)
  const { errors } = (answer ?? {}) as { errors?: { extensions?: { code?: string }; path?: unknown[] }[] }
  // A wrong password given to `login` is UNAUTHENTICATED as well, and says nothing of our token.
  return errors?.some((e) => e.extensions?.code === 'UNAUTHENTICATED' && e.path?.[0] !== 'login') ?? false
}
