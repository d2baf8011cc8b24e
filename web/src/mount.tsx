import { StrictMode, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { applyTheme } from './app/theme'
import './styles/base.css'
import './styles/app.css'

/** Shows a page. */
export function mount(page: ReactNode): void {
  applyTheme()
  createRoot(document.getElementById('root')!).render(<StrictMode>{page}</StrictMode>)
}
