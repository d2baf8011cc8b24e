import { useId } from 'react'

const usual = ['15m', '1h', '6h', '24h', '168h']

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
  required?: boolean
  /** What is wrong with it. */
  fault?: string | undefined
}

/** A length of time as the API reads it, with a few usual ones to pick. */
export function IntervalField({ label, value, onChange, required = false, fault }: Props) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-invalid={fault ? true : undefined} aria-describedby={fault ? `${id}-fault` : undefined} value={value} required={required} pattern="(\d+(\.\d+)?(h|m|s))+|PT?\w+" title="Such as 30m, 6h or 24h" placeholder="such as 6h" spellCheck={false} onChange={(e) => onChange(e.target.value.trim())} />
      {fault && <span id={`${id}-fault`} className="hint problem">{fault}</span>}
      <div className="picks" role="group" aria-label={`${label}: usual ones`}>
        {usual.map((u) => <button key={u} type="button" className="pick" aria-pressed={value === u} onClick={() => onChange(u)}>{u === '168h' ? '7 days' : u}</button>)}
      </div>
    </div>
  )
}
