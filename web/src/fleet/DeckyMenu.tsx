import { Menu } from '@base-ui/react/menu'
import { EllipsisVertical, Shuffle } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Decky } from '../data/documents'
import type { Asked } from './Dialogs'

/** What can be asked of one decky. The menu is made when it is opened: a row that is scrolled past pays nothing for it. */
export function DeckyMenu({ decky, ask }: { decky: Decky; ask: (asked: Asked) => void }) {
  const [open, setOpen] = useState(false)
  const trigger = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button type="button" className="quiet" onClick={() => ask({ kind: 'mutate', deckies: [decky] })} aria-label={`Mutate ${decky.name}…`}><Shuffle size={15} aria-hidden="true" />Mutate</button>
      <button ref={trigger} type="button" className="icon" aria-label={`More for ${decky.name}`} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(true)}>
        <EllipsisVertical size={16} aria-hidden="true" />
      </button>
      {open && (
        <Menu.Root open onOpenChange={setOpen}>
          <Menu.Portal>
            <Menu.Positioner anchor={trigger} align="end" sideOffset={4} className="menu-place">
              <Menu.Popup className="menu" finalFocus={trigger} aria-label={`More for ${decky.name}`}>
                <Menu.Item className="menu-item" onClick={() => ask({ kind: 'interval', deckies: [decky], deployments: [] })}>Interval…</Menu.Item>
                <Menu.Item className="menu-item danger" onClick={() => ask({ kind: 'teardown', deckies: [decky] })}>Tear down…</Menu.Item>
              </Menu.Popup>
            </Menu.Positioner>
          </Menu.Portal>
        </Menu.Root>
      )}
    </>
  )
}
