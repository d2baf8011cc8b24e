// Finds out who is asking, has them sign in when they must, and shows the app to who has.
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { inWords } from '../api/request'
import { NewPassword } from '../session/NewPassword'
import { SignIn } from '../session/SignIn'
import { forget, probe, signOut, type Session as SignedIn } from '../session/session'

type State =
  | { kind: 'asking' }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'signed out'; notice: string | null }
  | { kind: 'signed in'; session: SignedIn }

/** What is given to who is signed in. */
export interface SessionProps {
  session: SignedIn
  /** Call it when the server no longer accepts the token. */
  expired: () => void
  leave: () => void
}

const askAgainAfter = 3_000
/** setTimeout's longest wait: beyond it fires at once. */
const longestTimeout = 2 ** 31 - 1

export function Session({ children }: { children: (props: SessionProps) => ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const session = state.kind === 'signed in' ? state.session : null

  const expired = useCallback(() => {
    forget()
    setState({ kind: 'signed out', notice: 'Your session is over. Sign in again.' })
  }, [])
  const leave = useCallback(() => {
    if (session) void signOut(session)
    setState({ kind: 'signed out', notice: 'You are signed out.' })
  }, [session])

  const asking = state.kind === 'asking'
  useEffect(() => {
    if (!asking) return
    let left = false
    probe().then(
      ({ session, notice }) => left || setState(session ? { kind: 'signed in', session } : { kind: 'signed out', notice }),
      (problem) => left || setState({ kind: 'unreachable', reason: inWords(problem) }),
    )
    return () => void (left = true)
  }, [asking])

  const unreachable = state.kind === 'unreachable'
  useEffect(() => {
    if (!unreachable) return
    const timer = setTimeout(() => setState({ kind: 'asking' }), askAgainAfter)
    return () => clearTimeout(timer)
  }, [unreachable])

  const expiresAt = session?.expiresAt
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
        : children({ session: state.session, expired, leave })
  }
}
