import { PasswordForm } from './PasswordForm'
import type { Session } from './session'

/** What comes before everything else while the password is somebody else's choice. */
export function NewPassword({ session, onChanged }: { session: Session; onChanged: (session: Session) => void }) {
  return (
    <main className="sign-in">
      <div className="card">
        <h1>Choose a password</h1>
        <p>Yours was somebody else's choice. Before anything else, change it.</p>
        <PasswordForm session={session} onChanged={onChanged} autoFocus />
      </div>
    </main>
  )
}
