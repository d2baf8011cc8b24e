// The app: one session's data, and the page that the address names. Each page is its own file (parts.tsx).
import { CSPProvider } from '@base-ui/react/csp-provider'
import { Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { Provider } from 'urql'
import { Route, Switch, useLocation } from 'wouter'
import { makeClient } from '../api/client'
import { FleetData } from '../data/fleetData'
import { ActionTray } from './ActionTray'
import { App as Context, useApp, type AppContext } from './context'
import { useActions } from './actions'
import { ConnectionState } from './ConnectionState'
import { Boundary } from './Boundary'
import { NewBuild } from './NewBuild'
import { NotFound } from './NotFound'
import { fetchParts, part } from './parts'
import { Session, type SessionProps } from './Session'
import { Shell } from './Shell'
import { Shortcuts } from './Shortcuts'
import { useSince } from './useSince'

const FleetPage = part(() => import('../fleet/FleetPage'))
const WizardPage = part(() => import('../deploy/WizardPage'))
const ProgressPage = part(() => import('../deploy/ProgressPage'))
const DeckyPage = part(() => import('../decky/DeckyPage'))
const LifecyclesPage = part(() => import('../lifecycles/LifecyclesPage'))
const LifecyclePage = part(() => import('../lifecycles/LifecyclePage'))
const InteractionsPage = part(() => import('../interactions/InteractionsPage'))
const AttackersPage = part(() => import('../evidence/AttackersPage'))
const CredentialsPage = part(() => import('../evidence/CredentialsPage'))
const SessionsPage = part(() => import('../evidence/SessionsPage'))
const SessionPage = part(() => import('../evidence/SessionPage'))
const KnownPage = part(() => import('../evidence/KnownPage'))
const AccountPage = part(() => import('../access/AccountPage'))
const PeoplePage = part(() => import('../access/PeoplePage'))
const PersonPage = part(() => import('../access/PersonPage'))
const AuditPage = part(() => import('../access/AuditPage'))

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <Session>{(props) => <SignedIn key={props.session.token} {...props} />}</Session>
    </CSPProvider>
  )
}

function SignedIn({ session, expired, back, leave }: SessionProps) {
  const client = useMemo(() => makeClient(session.token, expired), [session.token, expired])
  const [data, setData] = useState<FleetData | null>(null)
  const actions = useActions()
  useEffect(() => {
    const fresh = new FleetData(client, session.token, expired, back)
    setData(fresh)
    return () => fresh.dispose()
  }, [client, session.token, expired, back])
  const app = useMemo<AppContext | null>(
    () => data && { session, client, data, actions, mayChange: session.role !== 'VIEWER' },
    [session, client, data, actions],
  )
  if (!app) return null
  return (
    <Provider value={client}>
      <Context value={app}>
        <Shell session={session} leave={leave} status={<><NewBuild live={app.data.live} /><ConnectionState live={app.data.live} /></>}>
          <Here />
          <ActionTray />
          <Shortcuts />
        </Shell>
      </Context>
    </Provider>
  )
}

/** The page at the present address. One that broke leaves the others whole, and going to one puts the focus at its beginning, where readers of the screen go on. */
function Here() {
  const { data: { live } } = useApp()
  const [path] = useLocation()
  const since = useSince(live)
  const before = useRef(path)
  // With each connection anew: what did not come while there was none, comes now.
  useEffect(() => (since === null ? undefined : fetchParts()), [since])
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    document.getElementById('page')?.focus()
    scrollTo(0, 0)
  }, [path])
  return (
    <Boundary key={path} since={since}>
      <Suspense fallback={<p role="status" className="waiting">One moment…</p>}>
        <Pages />
      </Suspense>
    </Boundary>
  )
}

const Pages = () => (
  <Switch>
    <Route path="/" component={FleetPage} />
    <Route path="/deploy" component={WizardPage} />
    <Route path="/deploy/:key">{({ key }) => <ProgressPage key={key} deploy={key} />}</Route>
    <Route path="/deckies/:deployment/:name">
      {({ deployment, name }) => <DeckyPage key={`${deployment}/${name}`} deployment={deployment} name={name} />}
    </Route>
    <Route path="/lifecycles" component={LifecyclesPage} />
    <Route path="/lifecycles/:id">{({ id }) => <LifecyclePage key={id} id={id} />}</Route>
    <Route path="/interactions" component={InteractionsPage} />
    <Route path="/attackers" component={AttackersPage} />
    <Route path="/credentials" component={CredentialsPage} />
    <Route path="/sessions" component={SessionsPage} />
    <Route path="/sessions/:id">{({ id }) => <SessionPage key={id} id={id} />}</Route>
    <Route path="/known" component={KnownPage} />
    <Route path="/account" component={AccountPage} />
    <Route path="/people" component={PeoplePage} />
    <Route path="/people/:username">{({ username }) => <PersonPage key={username} username={username} />}</Route>
    <Route path="/audit" component={AuditPage} />
    <Route component={NotFound} />
  </Switch>
)
