import { useEffect, useRef } from 'react'

interface Props {
  question: string
  warning: string
  yes: string
  onYes: () => void
  onClose: () => void
}

/** Asks before something that can't be undone. The browser's own dialog keeps the focus in, and Escape is no. */
export function Confirm({ question, warning, yes, onYes, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={onClose}>
      <h2 id="question">{question}</h2>
      <p>{warning}</p>
      <form method="dialog" className="actions">
        <button type="submit" autoFocus>Cancel</button>
        <button type="submit" className="danger" onClick={onYes}>{yes}</button>
      </form>
    </dialog>
  )
}
