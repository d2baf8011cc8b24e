import { StrictMode, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import './style.css'

/** Shows a page. */
export function mount(page: ReactNode): void {
  createRoot(document.getElementById('root')!).render(<StrictMode>{page}</StrictMode>)
}
