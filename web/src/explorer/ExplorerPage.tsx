import { GraphiQL } from 'graphiql'
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import { useEffect, useMemo } from 'react'
import { Session, type SessionProps } from '../app/Session'
import { Shell } from '../app/Shell'
import { useChosenTheme } from '../app/theme'
import { examples } from './examples'
import { makeFetcher } from './fetcher'

/** GraphiQL within the app's frame, signed in. It keeps its tabs in the browser; the token is not among what it keeps. */
export function ExplorerPage() {
  return <Session>{(props) => <Explorer key={props.session.token} {...props} />}</Session>
}

function Explorer({ session, expired, leave }: SessionProps) {
  const { fetcher, socket } = useMemo(() => makeFetcher(session.token, expired), [session.token, expired])
  const theme = useChosenTheme()
  useEffect(() => () => void socket.dispose(), [socket])
  return (
    <Shell session={session} leave={leave} status={null} document="explorer">
      <div className="explorer">
        <h1 className="unseen">GraphiQL</h1>
        <GraphiQL fetcher={fetcher} defaultTabs={examples} forcedTheme={theme} />
      </div>
    </Shell>
  )
}
