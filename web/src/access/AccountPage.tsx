import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { useApp } from '../app/context'
import { PasswordForm } from '../session/PasswordForm'
import { PageHead } from '../ui/PageHead'
import { roles } from './roles'
import { TokenDialog } from './TokenDialog'
import { Tokens, useTokens } from './Tokens'
import '../styles/access.css'

/** One's own account: the password, where one is signed in, and one's scripts' tokens. */
export default function AccountPage() {
  const { session } = useApp()
  const tokens = useTokens(null)
  const [making, setMaking] = useState(false)
  const [changed, setChanged] = useState(0)
  return (
    <div className="page">
      <PageHead title="Account" about={`You are signed in as ${session.username}. The role ${session.role.toLowerCase()} ${roles[session.role]}.`} />
      <section aria-labelledby="tokens">
        <div className="step-head">
          <h2 id="tokens">Sign-ins and tokens</h2>
          <button type="button" onClick={() => setMaking(true)}><KeyRound size={15} aria-hidden="true" />Make a token for a script…</button>
        </div>
        <Tokens username={null} role={session.role} asked={tokens} />
      </section>
      <section aria-labelledby="password" className="panel account-password">
        <h2 id="password">Password</h2>
        {session.external
          ? <p className="faint">You sign in at your organisation’s provider: it keeps your password.</p>
          : (
            <>
              <p className="faint">Changing it ends your other sign-ins. Scripts’ tokens go on.</p>
              {changed > 0 && <p role="status">The password is changed.</p>}
              <PasswordForm key={changed} session={session} onChanged={() => { setChanged(changed + 1); tokens.again() }} />
            </>
          )}
      </section>
      {making && <TokenDialog onMade={tokens.again} onClose={() => setMaking(false)} />}
    </div>
  )
}
