import { useState, type FormEvent } from 'react'
import { useApp } from '../app/context'
import type { Role } from '../gql/graphql'
import { Modal } from '../ui/Modal'
import { createToken } from './documents'
import { RoleField } from './RoleField'
import { Secret } from './Secret'
import { useSend } from './useSend'

const lives = { '24h': 'a day', '168h': 'a week', '720h': '30 days', '2160h': '90 days', '8760h': 'a year' }

/** Makes a token for a script, and shows it once. */
export function TokenDialog({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const { session } = useApp()
  const { busy, problem, send } = useSend()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>(session.role)
  const [expiresIn, setExpiresIn] = useState('2160h')
  const [secret, setSecret] = useState<string | null>(null)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const made = await send(createToken, { input: { name, role, expiresIn } })
    if (!made) return
    setSecret(made.createToken.secret)
    onMade()
  }

  if (secret !== null) {
    return (
      <Modal open onClose={onClose} title={`The token ${name}`} about={<>Send it as <code>Authorization: Bearer …</code>, or give it to the command line as <code>DECNET_TOKEN</code>.</>}>
        <Secret label="The token" text={secret} />
        <div className="modal-foot"><button type="button" className="primary" onClick={onClose}>I have it</button></div>
      </Modal>
    )
  }
  return (
    <Modal open onClose={onClose} title="A token for a script" about="It does what you may do, or less, without your password.">
      <form onSubmit={(event) => void submit(event)} className="stack">
        <label>What it is for<input value={name} required maxLength={64} autoFocus autoComplete="off" onChange={(e) => setName(e.target.value)} /></label>
        <RoleField value={role} onChange={setRole} most={session.role} label="At most" />
        <label>
          Good for
          <select value={expiresIn} onChange={(e) => setExpiresIn(e.target.value)}>
            {Object.entries(lives).map(([life, words]) => <option key={life} value={life}>{words}</option>)}
          </select>
        </label>
        {problem && <p role="alert" className="problem">{problem}</p>}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={busy}>Make it</button>
        </div>
      </form>
    </Modal>
  )
}
