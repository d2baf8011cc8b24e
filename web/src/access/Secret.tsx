import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

/** Something that the server shows once, to be taken down now. */
export function Secret({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false)
  // Where the page is not served safely the browser has no clipboard: there it is marked and copied by hand.
  const copy = navigator.clipboard && (() => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => {}))
  return (
    <div className="secret">
      <p>{label}</p>
      <code tabIndex={0} aria-label={label}>{text}</code>
      {copy && (
        <button type="button" onClick={copy}>
          {copied ? <><Check size={15} aria-hidden="true" />Copied</> : <><Copy size={15} aria-hidden="true" />Copy</>}
        </button>
      )}
      <p role="status" className="hint">It is shown this once: the server keeps only a hash of it.</p>
    </div>
  )
}
