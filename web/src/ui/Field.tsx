import { useId, type ReactNode } from 'react'

interface Props {
  label: string
  /** A line below, read after the label and not as part of it. */
  hint?: ReactNode
  /** What is wrong with what it has; said in the hint's place. */
  fault?: string | undefined
  children: (control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }) => ReactNode
}

/** A labelled control. */
export function Field({ label, hint, fault, children }: Props) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': fault ?? hint ? `${id}-hint` : undefined, 'aria-invalid': fault ? true : undefined })}
      {(fault ?? hint) && <span id={`${id}-hint`} className={fault ? 'hint problem' : 'hint'}>{fault ?? hint}</span>}
    </div>
  )
}
