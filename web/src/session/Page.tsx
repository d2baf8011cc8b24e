// The frame of every page: it finds out who is asking, has them sign in when they must, and shows the page to who has.
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { inWords } from '../api/request'
import { NewPassword } from './NewPassword'
import { SignIn } from './SignIn'
import { forget, probe, signOut, type Session } from './session'

type State =
  | { kind: 'asking' }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'signed out'; notice: string | null }
  | { kind: 'signed in'; session: Session }

/** What a page is given. */
export interface PageProps {
  session: Session
  /** Call it when the server no longer accepts the token. */
  expired: () => void
}

const askAgainAfter = 3_000
/** setTimeout's longest wait: beyond it fires at once. */
const longestTimeout = 2 ** 31 - 1

export function Page({ current, children }: { current: 'fleet' | 'graphiql'; children: (props: PageProps) => ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const session = state.kind === 'signed in' ? state.session : null

  const expired = useCallback(() => {
    forget()
    setState({ kind: 'signed out', notice: 'Your session is over. Sign in again.' })
  }, [])

  const asking = state.kind === 'asking'
  useEffect(() => {
    if (!asking) return
    let left = false
    probe().then(
      (found) => left || setState(found ? { kind: 'signed in', session: found } : { kind: 'signed out', notice: null }),
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

  return (
    <>
      <header className="bar">
        <a className="brand" href="/">decnet</a>
        <nav aria-label="Pages">
          <a href="/" aria-current={current === 'fleet' ? 'page' : undefined}>Fleet</a>
          <a href="/graphiql" aria-current={current === 'graphiql' ? 'page' : undefined}>GraphiQL</a>
        </nav>
        {session && (
          <div className="who">
            <span>{session.username} ({session.role.toLowerCase()})</span>
            {session.token && (
              <button
                type="button"
                onClick={() => {
                  void signOut(session)
                  setState({ kind: 'signed out', notice: 'You are signed out.' })
                }}
              >
                Sign out
              </button>
            )}
          </div>
        )}
      </header>
      {state.kind === 'asking' && <main><p role="status">Asking the server…</p></main>}
      {state.kind === 'unreachable' && (
        <main><p role="alert" className="problem">{state.reason} Asking again in a moment.</p></main>
      )}
      {state.kind === 'signed out' && <SignIn notice={state.notice} onSignedIn={(s) => setState({ kind: 'signed in', session: s })} />}
      {session?.passwordDue && <NewPassword session={session} onChanged={(s) => setState({ kind: 'signed in', session: s })} />}
      {session && !session.passwordDue && children({ session, expired })}
    </>
  )
}
