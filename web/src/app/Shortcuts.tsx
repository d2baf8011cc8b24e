// The keyboard's shortcuts: g and a letter goes to a page, / to its search, ? tells them all.
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Modal } from '../ui/Modal'
import { paths } from './paths'

const ways: Record<string, { to: string; label: string }> = {
  f: { to: paths.fleet, label: 'fleet' },
  d: { to: paths.deploy, label: 'deploy' },
  l: { to: paths.lifecycles, label: 'lifecycles' },
  i: { to: paths.interactions, label: 'interactions' },
  a: { to: paths.attackers, label: 'attackers' },
  c: { to: paths.credentials, label: 'credentials' },
  s: { to: paths.sessions, label: 'sessions' },
  k: { to: paths.known, label: 'known sources' },
  p: { to: paths.people, label: 'people' },
  t: { to: paths.audit, label: 'the audit trail' },
}

/** How long after g its letter counts, in milliseconds. */
const together = 1_200

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

export function Shortcuts() {
  const [, go] = useLocation()
  const [told, setTold] = useState(false)
  const began = useRef(-Infinity)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
      const way = event.timeStamp - began.current < together ? ways[event.key] : undefined
      began.current = event.key === 'g' ? event.timeStamp : -Infinity
      if (way) go(way.to)
      else if (event.key === '?') setTold(true)
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('input[type=search]')
        if (!search) return
        event.preventDefault()
        search.focus()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [go])
  return (
    <Modal open={told} onClose={() => setTold(false)} title="Keyboard">
      <dl className="keys">
        {Object.entries(ways).map(([key, { label }]) => <div key={key}><dt><kbd>g</kbd> <kbd>{key}</kbd></dt><dd>go to {label}</dd></div>)}
        <div><dt><kbd>/</kbd></dt><dd>search on this page</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>this list</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>close a dialog</dd></div>
      </dl>
    </Modal>
  )
}
