import { Menu } from '@base-ui/react/menu'
import { EllipsisVertical, Shuffle } from 'lucide-react'
import type { Decky } from '../data/documents'
import type { Asked } from './Dialogs'

/** What can be asked of one decky. */
export function DeckyMenu({ decky, ask }: { decky: Decky; ask: (asked: Asked) => void }) {
  return (
    <>
      <button type="button" className="quiet" onClick={() => ask({ kind: 'mutate', deckies: [decky] })} aria-label={`Mutate ${decky.name}…`}><Shuffle size={15} aria-hidden="true" />Mutate</button>
      <Menu.Root>
        <Menu.Trigger className="icon" aria-label={`More for ${decky.name}`}><EllipsisVertical size={16} aria-hidden="true" /></Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={4} className="menu-place">
            <Menu.Popup className="menu">
              <Menu.Item className="menu-item" onClick={() => ask({ kind: 'interval', deckies: [decky], deployments: [] })}>Interval…</Menu.Item>
              <Menu.Item className="menu-item danger" onClick={() => ask({ kind: 'teardown', deckies: [decky] })}>Tear down…</Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  )
}
