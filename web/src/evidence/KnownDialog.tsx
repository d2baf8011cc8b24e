import { useState, type FormEvent } from 'react'
import { useSend } from '../access/useSend'
import { Modal } from '../ui/Modal'
import { addKnownSource } from './documents'

const lives = { '168h': 'a week', '2160h': '90 days', '8760h': 'a year', '': 'until it is removed' }

interface Props {
  /** The address to begin with. */
  address?: string
  onAdded: () => void
  onClose: () => void
}

/** Says of an address or a network that its touches are expected. */
export function KnownDialog({ address = '', onAdded, onClose }: Props) {
  const { busy, problem, send } = useSend()
  const [network, setNetwork] = useState(address)
  const [note, setNote] = useState('')
  const [expiresIn, setExpiresIn] = useState('2160h')

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await send(addKnownSource, { input: { network, note, expiresIn: expiresIn || null } }))) return
    onAdded()
    onClose()
  }

  return (
    <Modal
      open onClose={onClose} title="A source that is known"
      about="What comes from there from now on is kept and marked, and is nobody’s attack. Whoever takes it over is hidden too: name an address rather than a network, and let it end."
    >
      <form onSubmit={(event) => void submit(event)} className="stack">
        <label>
          Address, or network
          <input value={network} required autoFocus={!address} placeholder="10.0.5.7 or 10.0.5.0/28" autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(e) => setNetwork(e.target.value)} />
        </label>
        <label>Who that is<input value={note} required maxLength={200} autoFocus={address !== ''} autoComplete="off" placeholder="the weekly vulnerability scan" onChange={(e) => setNote(e.target.value)} /></label>
        <label>
          It holds for
          <select value={expiresIn} onChange={(e) => setExpiresIn(e.target.value)}>
            {Object.entries(lives).map(([life, words]) => <option key={life} value={life}>{words}</option>)}
          </select>
        </label>
        {problem && <p role="alert" className="problem">{problem}</p>}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={busy}>It is known</button>
        </div>
      </form>
    </Modal>
  )
}
