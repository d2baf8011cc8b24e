import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { useAsk } from '../api/useAsk'
import type { Role } from '../gql/graphql'
import { Modal } from '../ui/Modal'
import { Moment } from '../ui/Moment'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Confirm } from './Confirm'
import { deleteUser, updateUser, users, type Person } from './documents'
import { OnlyAdmins } from './OnlyAdmins'
import { standing } from './PeoplePage'
import { RoleField } from './RoleField'
import { Secret } from './Secret'
import { Tokens, useTokens } from './Tokens'
import { useSend } from './useSend'
import '../styles/access.css'

const nothing = {}

/** One person: what they may do, where they are signed in, and what an administrator can change of it. */
export default function PersonPage({ username }: { username: string }) {
  return <OnlyAdmins title={username}><PersonOf username={username} /></OnlyAdmins>
}

type Asked = { kind: 'role' | 'reset' | 'shut' | 'delete' } | { kind: 'password'; password: string }

function PersonOf({ username }: { username: string }) {
  const { session } = useApp()
  const [, go] = useLocation()
  const { data, problem, again } = useAsk(users, nothing)
  const tokens = useTokens(username)
  const [asked, setAsked] = useState<Asked | null>(null)
  const person = data?.users.find((u) => u.username === username)
  const close = () => setAsked(null)
  const done = () => {
    close()
    again()
    tokens.again()
  }

  if (!person) {
    return (
      <div className="page">
        <PageHead title={username} />
        {problem && <Problem problem={problem} again={again} />}
        {!problem && (data ? <Empty title="Nobody of this name may sign in"><Link href={paths.people}>See who may</Link></Empty> : <p role="status" className="waiting">Reading who may sign in…</p>)}
      </div>
    )
  }
  const self = username === session.username
  return (
    <div className="page">
      <PageHead title={username} about={self ? <>This is you. Your password and your tokens are on <Link href={paths.account}>your account’s page</Link>.</> : undefined}>
        {!self && (
          <>
            <button type="button" className="danger" onClick={() => setAsked({ kind: 'delete' })}>Delete…</button>
            <button type="button" className={person.disabled ? undefined : 'danger'} onClick={() => setAsked({ kind: 'shut' })}>{person.disabled ? 'Let in again…' : 'Shut out…'}</button>
            {!person.external && <button type="button" onClick={() => setAsked({ kind: 'reset' })}>Reset password…</button>}
            {!person.external && <button type="button" onClick={() => setAsked({ kind: 'role' })}>Change role…</button>}
          </>
        )}
      </PageHead>
      <dl className="facts">
        <div><dt>Role</dt><dd>{person.role.toLowerCase()}{person.external && <span className="faint"> (by the provider)</span>}</dd></div>
        <div><dt>May sign in</dt><dd>{standing(person)}</dd></div>
        <div><dt>Since</dt><dd><Moment at={person.createdAt} /></dd></div>
        <div><dt>What they asked for</dt><dd><Link href={`${paths.audit}?actor=${encodeURIComponent(username)}`}>In the audit trail</Link></dd></div>
      </dl>
      <section aria-labelledby="tokens">
        <h2 id="tokens">Sign-ins and tokens</h2>
        <Tokens username={username} role={person.role} asked={tokens} />
      </section>
      {asked?.kind === 'role' && <RoleDialog person={person} onDone={done} onClose={close} />}
      {asked?.kind === 'reset' && (
        <Confirm
          title={`Reset ${username}’s password?`} about="Their sign-ins end at once. The server makes a password for them, which they change when they next sign in." act="Reset it"
          document={updateUser} variables={{ input: { username, resetPassword: true } }}
          onDone={({ updateUser: { password } }) => { done(); setAsked({ kind: 'password', password: password ?? '' }) }} onClose={close}
        />
      )}
      {asked?.kind === 'password' && (
        <Modal open onClose={close} title={`${username}’s new password`} about="Give it to them. They choose one of their own before anything else.">
          <Secret label={`The new password of ${username}`} text={asked.password} />
          <div className="modal-foot"><button type="button" className="primary" onClick={close}>I have it</button></div>
        </Modal>
      )}
      {asked?.kind === 'shut' && (
        <Confirm
          title={person.disabled ? `Let ${username} in again?` : `Shut ${username} out?`} act={person.disabled ? 'Let in' : 'Shut out'} danger={!person.disabled}
          about={person.disabled ? 'They may sign in again, with the role that they have.' : 'Their sign-ins end at once, and their scripts’ tokens do nothing until they are let in again.'}
          document={updateUser} variables={{ input: { username, disabled: !person.disabled } }} onDone={done} onClose={close}
        />
      )}
      {asked?.kind === 'delete' && (
        <Confirm
          title={`Delete ${username}?`} about="Their sign-ins and their scripts’ tokens end at once, for good. What they asked for stays in the audit trail." act="Delete" danger
          document={deleteUser} variables={{ username }} onDone={() => go(paths.people)} onClose={close}
        />
      )}
    </div>
  )
}

function RoleDialog({ person: { username, role: present }, onDone, onClose }: { person: Person; onDone: () => void; onClose: () => void }) {
  const { busy, problem, send } = useSend()
  const [role, setRole] = useState<Role>(present)
  const commit = async () => {
    if (await send(updateUser, { input: { username, role } })) onDone()
  }
  return (
    <Modal open onClose={onClose} title={`What ${username} may do`} about="What they have open under a role that they lose ends within seconds.">
      <RoleField value={role} onChange={setRole} />
      {problem && <p role="alert" className="problem">{problem}</p>}
      <div className="modal-foot">
        <button type="button" onClick={onClose}>Cancel</button>
        <button type="button" className="primary" disabled={busy || role === present} onClick={() => void commit()}>Change</button>
      </div>
    </Modal>
  )
}
