import { useEffect, useState, type FormEvent } from 'react'
import { inWords } from '../api/request'
import { provider, signIn, type Provider, type Session } from './session'

/** The form to sign in by. `notice` says why it is shown again. */
export function SignIn({ notice, onSignedIn }: { notice: string | null; onSignedIn: (session: Session) => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [elsewhere, setElsewhere] = useState<Provider | null>(null)

  useEffect(() => {
    let left = false
    void provider().then((found) => left || setElsewhere(found))
    return () => void (left = true)
  }, [])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(null)
    try {
      onSignedIn(await signIn(String(form.get('username')), String(form.get('password'))))
    } catch (reason) {
      setProblem(inWords(reason))
      setBusy(false)
    }
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit} className="card">
        <h1><img src="/favicon.svg" alt="" width="28" height="28" />Sign in</h1>
        {notice && <p>{notice}</p>}
        <label>
          User name
          <input name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {problem && <p role="alert" className="problem">{problem}</p>}
        <button type="submit" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
        {elsewhere && <a className="button elsewhere" href={elsewhere.login}>Sign in with {elsewhere.name}</a>}
        <p className="hint">The first user is <code>admin</code>; the server printed its password when it first started.</p>
      </form>
    </main>
  )
}
