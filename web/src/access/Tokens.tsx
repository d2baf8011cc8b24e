import { useState } from 'react'
import { useAsk } from '../api/useAsk'
import type { Role } from '../gql/graphql'
import { Ago } from '../ui/Countdown'
import { Hostile } from '../ui/Hostile'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { Confirm } from './Confirm'
import { endToken, tokens, type Token } from './documents'
import { lesser } from './roles'

interface Props {
  /** Null: one's own. */
  username: string | null
  /** What they may do: no token of theirs may more. */
  role: Role
  asked: ReturnType<typeof useTokens>
}

/** Where somebody is signed in, and their scripts' tokens. Each can be ended, which ends what is open under it. */
export function Tokens({ username, role, asked }: Props) {
  const { data, problem, again } = asked
  const [ending, setEnding] = useState<Token | null>(null)
  if (problem) return <Problem problem={problem} again={again} />
  if (!data) return <p role="status" className="waiting">Reading the tokens…</p>
  if (data.tokens.length === 0) return <Empty title={username ? `${username} is not signed in anywhere` : 'There are none'}><p>Sign-ins and scripts’ tokens show here.</p></Empty>
  return (
    <div className="scroll" role="region" aria-label="Sign-ins and tokens" tabIndex={0}>
      <table>
        <thead>
          <tr><th scope="col">What</th><th scope="col">Role</th><th scope="col">From</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">Good until</th><th scope="col"><span className="unseen">Actions</span></th></tr>
        </thead>
        <tbody>
          {data.tokens.map((t) => (
            <tr key={t.id} data-token={t.name || 'sign-in'}>
              <th scope="row">{t.kind === 'SESSION' ? 'A sign-in' : <Hostile text={t.name} />}</th>
              <td>{lesser(t.role, role).toLowerCase()}</td>
              <td><code className="address">{t.peer}</code></td>
              <td><Moment at={t.createdAt} /></td>
              <td>{t.lastUsedAt ? <Ago at={t.lastUsedAt} /> : <span className="faint">never</span>}</td>
              <td><Moment at={t.expiresAt} /></td>
              <td className="number">{t.current ? <span className="faint">this one</span> : <button type="button" className="quiet" onClick={() => setEnding(t)} aria-label={`End ${named(t)}…`}>End…</button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {ending && (
        <Confirm
          title={`End ${named(ending)}?`} about="Whoever uses it is shut out at once. It can’t be taken back." act="End it" danger document={endToken} variables={{ id: ending.id }}
          onDone={() => { setEnding(null); again() }} onClose={() => setEnding(null)}
        />
      )}
    </div>
  )
}

const named = (t: Token) => (t.kind === 'SESSION' ? `the sign-in from ${t.peer}` : `the token ${t.name}`)

export const useTokens = (username: string | null) => useAsk(tokens, { username })
