import { UserPlus } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { Link, useLocation } from 'wouter'
import { paths } from '../app/paths'
import { useAsk } from '../api/useAsk'
import type { Role } from '../gql/graphql'
import { Modal } from '../ui/Modal'
import { Moment } from '../ui/Moment'
import { Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { createUser, users, type Person } from './documents'
import { OnlyAdmins } from './OnlyAdmins'
import { RoleField } from './RoleField'
import { Secret } from './Secret'
import { useSend } from './useSend'
import '../styles/access.css'

const nothing = {}

/** Everybody who may sign in. */
export default function PeoplePage() {
  return <OnlyAdmins title="People"><People /></OnlyAdmins>
}

function People() {
  const { data, problem, again } = useAsk(users, nothing)
  const [adding, setAdding] = useState(false)
  return (
    <div className="page">
      <PageHead title="People" about="Everybody who may sign in, and what they may do.">
        <button type="button" className="primary" onClick={() => setAdding(true)}><UserPlus size={16} aria-hidden="true" />Add somebody…</button>
      </PageHead>
      {problem && <Problem problem={problem} again={again} />}
      {!data && !problem && <p role="status" className="waiting">Reading who may sign in…</p>}
      {data && (
        <div className="scroll" role="region" aria-label="People" tabIndex={0}>
          <table>
            <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">May sign in</th><th scope="col">Since</th></tr></thead>
            <tbody>
              {data.users.map((u) => (
                <tr key={u.username} data-person={u.username}>
                  <th scope="row"><Link href={paths.person(u.username)}>{u.username}</Link></th>
                  <td>{u.role.toLowerCase()}</td>
                  <td>{standing(u)}</td>
                  <td><Moment at={u.createdAt} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding && <AddDialog onAdded={again} onClose={() => setAdding(false)} />}
    </div>
  )
}

/** Whether somebody may sign in, and how. */
export function standing({ disabled, external, passwordDue }: Pick<Person, 'disabled' | 'external' | 'passwordDue'>): string {
  if (disabled) return 'no: shut out'
  if (external) return 'yes, at the provider'
  return passwordDue ? 'yes, and must choose a password' : 'yes'
}

function AddDialog({ onAdded, onClose }: { onAdded: () => void; onClose: () => void }) {
  const [, go] = useLocation()
  const { busy, problem, send } = useSend()
  const [username, setUsername] = useState('')
  const [role, setRole] = useState<Role>('OPERATOR')
  const [password, setPassword] = useState<string | null>(null)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const made = await send(createUser, { input: { username, role } })
    if (!made) return
    setPassword(made.createUser.password ?? '')
    onAdded()
  }

  if (password !== null) {
    return (
      <Modal open onClose={onClose} title={`${username} may sign in`} about="Give them this password. They choose one of their own before anything else.">
        <Secret label={`The first password of ${username}`} text={password} />
        <div className="modal-foot">
          <button type="button" onClick={() => go(paths.person(username))}>See {username}</button>
          <button type="button" className="primary" onClick={onClose}>I have it</button>
        </div>
      </Modal>
    )
  }
  return (
    <Modal open onClose={onClose} title="Add somebody" about="The server makes a password, which they change when they first sign in.">
      <form onSubmit={(event) => void submit(event)} className="stack">
        <label>
          User name
          <input value={username} required pattern="[a-z0-9._\-]{1,64}" title="1 to 64 of a-z, 0-9, dot, dash and underscore" autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(e) => setUsername(e.target.value)} />
        </label>
        <RoleField value={role} onChange={setRole} />
        {problem && <p role="alert" className="problem">{problem}</p>}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={busy}>Add</button>
        </div>
      </form>
    </Modal>
  )
}
