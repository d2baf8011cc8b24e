// Finds out who is asking, has them sign in when they must, and shows the app to who has.
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { inWords } from '../api/request'
import { NewPassword } from '../session/NewPassword'
import { SignIn } from '../session/SignIn'
import { forget, probe, signOut, whoNow, type Session as SignedIn } from '../session/session'
import { answerTabs } from '../session/tabs'

type State =
  /** `notice` is what to say if nobody is signed in. */
  | { kind: 'asking'; notice: string | null }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'signed out'; notice: string | null }
  | { kind: 'signed in'; session: SignedIn }

/** What is given to who is signed in. */
export interface SessionProps {
  session: SignedIn
  /** Call it when the server no longer accepts the token, or not for as much. */
  expired: () => void
  /** Call it when the server is there again: what one may do may have changed meanwhile. */
  back: () => void
  leave: () => void
}

const askAgainAfter = 3_000
/** setTimeout's longest wait: beyond it fires at once. */
const longestTimeout = 2 ** 31 - 1

export function Session({ children }: { children: (props: SessionProps) => ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking', notice: null })
  const session = state.kind === 'signed in' ? state.session : null

  const token = session?.token
  // The server ends what is open also when somebody's role has changed: asked again, it says which of the two it is. Each stream tells that it ended: the first counts.
  const expired = useCallback(
    () => setState((now) => (now.kind === 'signed in' && now.session.token === token ? { kind: 'asking', notice: 'Your session is over. Sign in again.' } : now)),
    [token],
  )
  const back = useCallback(() => {
    whoNow().then(
      (now) => {
        if (!now) return expired()
        setState((was) => (was.kind === 'signed in' && was.session.token === token && was.session.role !== now.role ? { kind: 'signed in', session: now } : was))
      },
      () => {}, // it will be back once more
    )
  }, [token, expired])
  const leave = useCallback(() => {
    if (session) void signOut(session)
    setState({ kind: 'signed out', notice: 'You are signed out.' })
  }, [session])

  const asking = state.kind === 'asking' ? state : null
  useEffect(() => {
    if (!asking) return
    let left = false
    probe().then(
      ({ session, notice }) => left || setState(session ? { kind: 'signed in', session } : { kind: 'signed out', notice: notice ?? asking.notice }),
      (problem) => left || setState({ kind: 'unreachable', reason: inWords(problem) }),
    )
    return () => void (left = true)
  }, [asking])

  const unreachable = state.kind === 'unreachable'
  useEffect(() => {
    if (!unreachable) return
    const timer = setTimeout(() => setState({ kind: 'asking', notice: null }), askAgainAfter)
    return () => clearTimeout(timer)
  }, [unreachable])

  const expiresAt = session?.expiresAt
  useEffect(() => {
    if (!token || !expiresAt) return
    return answerTabs({ token, expiresAt }, () => {
      forget()
      setState({ kind: 'signed out', notice: 'You are signed out.' })
    })
  }, [token, expiresAt])

  useEffect(() => {
    if (!expiresAt) return
    const timer = setTimeout(expired, Math.min(longestTimeout, Date.parse(expiresAt) - Date.now()))
    return () => clearTimeout(timer)
  }, [expiresAt, expired])

  switch (state.kind) {
    case 'asking':
      return <main className="alone"><p role="status">Asking the server…</p></main>
    case 'unreachable':
      return <main className="alone"><p role="alert" className="problem">{state.reason} Asking again in a moment.</p></main>
    case 'signed out':
      return <SignIn notice={state.notice} onSignedIn={(s) => setState({ kind: 'signed in', session: s })} />
    case 'signed in':
      return state.session.passwordDue
        ? <NewPassword session={state.session} onChanged={(s) => setState({ kind: 'signed in', session: s })} />
        : children({ session: state.session, expired, back, leave })
  }
}
