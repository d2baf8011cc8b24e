import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  /** A line below the title. */
  about?: ReactNode
  children: ReactNode
  wide?: boolean
}

/** A dialog that keeps the focus in and gives it back; Escape closes it. */
export function Modal({ open, onClose, title, about, children, wide = false }: Props) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => now || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className={wide ? 'modal wide' : 'modal'}>
          <div className="modal-head">
            <Dialog.Title className="modal-title">{title}</Dialog.Title>
            <Dialog.Close className="icon" aria-label="Close"><X size={18} aria-hidden="true" /></Dialog.Close>
          </div>
          {about && <Dialog.Description className="modal-about">{about}</Dialog.Description>}
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
