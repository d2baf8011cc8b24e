import { GraphiQL } from 'graphiql'
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import { useEffect, useMemo } from 'react'
import type { PageProps } from '../session/Page'
import { examples } from './examples'
import { makeFetcher } from './fetcher'

/** GraphiQL, signed in. It keeps its tabs in the browser; the token is not among what it keeps. */
export function GraphiqlPage({ session: { token }, expired }: PageProps) {
  const { fetcher, socket } = useMemo(() => makeFetcher(token, expired), [token, expired])
  useEffect(() => () => void socket.dispose(), [socket])
  return (
    <main className="graphiql-page">
      <h1 className="unseen">GraphiQL</h1>
      <GraphiQL fetcher={fetcher} defaultTabs={examples} />
    </main>
  )
}
