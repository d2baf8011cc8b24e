import type { ReactNode } from 'react'
import type { TypedDocumentString } from '../gql/graphql'
import { Modal } from '../ui/Modal'
import { useSend } from './useSend'

interface Props<Result, Variables> {
  title: string
  about: ReactNode
  /** The words on the button. */
  act: string
  danger?: boolean
  document: TypedDocumentString<Result, Variables>
  variables: Variables
  onDone: (result: Result) => void
  onClose: () => void
}

/** Asks before something is done, and says what became of it. */
export function Confirm<Result, Variables extends Record<string, unknown>>({ title, about, act, danger = false, document, variables, onDone, onClose }: Props<Result, Variables>) {
  const { busy, problem, send } = useSend()
  const commit = async () => {
    const result = await send(document, variables)
    if (result) onDone(result)
  }
  return (
    <Modal open onClose={onClose} title={title} about={about}>
      {problem && <p role="alert" className="problem">{problem}</p>}
      <div className="modal-foot">
        <button type="button" onClick={onClose} autoFocus>Cancel</button>
        <button type="button" className={danger ? 'primary danger' : 'primary'} disabled={busy} onClick={() => void commit()}>{act}</button>
      </div>
    </Modal>
  )
}
