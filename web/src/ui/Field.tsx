import { useId, type ReactNode } from 'react'

interface Props {
  label: string
  /** A line below, read after the label and not as part of it. */
  hint?: ReactNode
  children: (control: { id: string; 'aria-describedby': string | undefined }) => ReactNode
}

/** A labelled control. */
export function Field({ label, hint, children }: Props) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hint ? `${id}-hint` : undefined })}
      {hint && <span id={`${id}-hint`} className="hint">{hint}</span>}
    </div>
  )
}
