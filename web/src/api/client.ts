// The GraphQL client of one session: urql, with a cache of answers, and a single place that learns when the token is no longer good. Streams go
// their own way (live.ts): they have to resume from a cursor, which no client's retry does.
import { cacheExchange, Client, fetchExchange, mapExchange } from '@urql/core'
import { credentials } from './request'

/** Makes the client for a token; `expired` is called when the server no longer accepts it. */
export function makeClient(token: string | null, expired: () => void = () => {}): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    fetchOptions: { headers: { Accept: 'application/graphql-response+json, application/json', ...credentials(token) } },
    exchanges: [
      cacheExchange,
      mapExchange({
        onError: ({ graphQLErrors }) => {
          if (graphQLErrors.some((e) => e.extensions['code'] === 'UNAUTHENTICATED')) expired()
        },
      }),
      fetchExchange,
    ],
  })
}
