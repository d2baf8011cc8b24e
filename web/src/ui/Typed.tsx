import { useEffect, useState } from 'react'

/** How long a field rests before it is asked for, in milliseconds. */
const rest = 250
/** How many values are offered for one that is begun. */
const offered = 50

interface Props {
  label: string
  /** Where it is another than the label. */
  placeholder?: string
  value: string
  ask: (value: string) => void
  /** It is what `/` goes to. */
  search?: boolean
  /** Values that there are. */
  offers?: readonly string[]
}

/** A text that is asked for while it is typed: not with each letter, but once it rests. */
export function Typed({ label, placeholder = label, value, ask, search = false, offers = [] }: Props) {
  const [text, setText] = useState(value)
  const list = `offers-${label.toLowerCase().replaceAll(' ', '-')}`
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => ask(text), rest)
    return () => clearTimeout(timer)
  }, [text]) // not when the address changes under it: then the address is right
  return (
    <>
      <input
        type={search ? 'search' : 'text'} aria-label={label} placeholder={placeholder} value={text} spellCheck={false} autoCapitalize="none" autoComplete="off" list={offers.length > 0 ? list : undefined}
        onChange={(e) => setText(e.target.value)} onKeyDown={(e) => e.key === 'Enter' && ask(text)}
      />
      {offers.length > 0 && <datalist id={list}>{offers.filter((one) => one.includes(text)).slice(0, offered).map((one) => <option key={one} value={one} />)}</datalist>}
    </>
  )
}
