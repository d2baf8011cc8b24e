import { Download as Icon } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { inWords } from '../api/request'
import { readAll } from '../data/readAll'
import type { Page } from '../data/pages'

interface Props {
  /** What the file is called, without its ending. */
  name: string
  read: (after: string | null) => Promise<Page<unknown>>
}

/** Saves all that a list finds, and not only what of it is shown, as JSON lines: what a script or a SIEM reads, and no program takes an intruder's text for a formula. */
export function Download({ name, read }: Props) {
  const [said, setSaid] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const gone = useRef(false)
  useEffect(() => {
    gone.current = false
    return () => void (gone.current = true)
  }, [])

  useEffect(() => setSaid(null), [read]) // it is another list

  const save = async () => {
    setBusy(true)
    try {
      const { lines, whole } = await readAll(read, (n) => setSaid(`${n.toLocaleString()} read…`), () => gone.current)
      if (gone.current) return
      const address = URL.createObjectURL(new Blob(lines.map((line) => `${line}\n`), { type: 'application/x-ndjson' }))
      const link = Object.assign(document.createElement('a'), { href: address, download: `${name}.jsonl` })
      link.click()
      setTimeout(() => URL.revokeObjectURL(address))
      setSaid(whole ? `${lines.length.toLocaleString()} saved` : `the first ${lines.length.toLocaleString()} saved: narrow the list for the others`)
    } catch (problem) {
      setSaid(inWords(problem))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <span role="status" className="faint">{said}</span>
      <button type="button" disabled={busy} onClick={() => void save()}><Icon size={16} aria-hidden="true" />Download</button>
    </>
  )
}
