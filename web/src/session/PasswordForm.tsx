import { useState, type FormEvent } from 'react'
import { inFormWords } from '../api/request'
import { changePassword, type Session } from './session'

interface Props {
  session: Session
  onChanged: (session: Session) => void
  /** The form is what the page is there for. */
  autoFocus?: boolean
}

/** Changes one's own password. */
export function PasswordForm({ session, onChanged, autoFocus = false }: Props) {
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    if (form.get('new') !== form.get('again')) {
      setProblem('The new passwords differ.')
      return
    }
    setBusy(true)
    setProblem(null)
    try {
      onChanged(await changePassword(session, String(form.get('current')), String(form.get('new'))))
    } catch (reason) {
      setProblem(inFormWords(reason))
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="stack">
      <input type="hidden" name="username" autoComplete="username" value={session.username} readOnly />
      <label>
        Present password
        <input name="current" type="password" autoComplete="current-password" required autoFocus={autoFocus} />
      </label>
      <label>
        New password
        <input name="new" type="password" autoComplete="new-password" minLength={8} maxLength={256} required />
      </label>
      <label>
        The new password again
        <input name="again" type="password" autoComplete="new-password" minLength={8} maxLength={256} required />
      </label>
      {problem && <p role="alert" className="problem">{problem}</p>}
      <button type="submit" className="primary" disabled={busy}>{busy ? 'Changing…' : 'Change password'}</button>
    </form>
  )
}
