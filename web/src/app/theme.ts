import { useEffect } from 'react'
import { Store, useStore } from '../data/store'

const key = 'decnet.theme'
const themes = ['system', 'light', 'dark'] as const

export type Theme = (typeof themes)[number]

const chosen = new Store<Theme>(themes.find((t) => t === localStorage.getItem(key)) ?? 'system')

/** Dresses the document; called before the first paint. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = chosen.get()
}

/** The theme that was chosen. */
export const useChosenTheme = (): Theme => useStore(chosen)

/** The theme that was chosen, and a function that goes on to the next one. */
export function useTheme(): [Theme, () => void] {
  const theme = useChosenTheme()
  useEffect(applyTheme, [theme])
  const next = () => {
    const following = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
    localStorage.setItem(key, following)
    chosen.set(following)
  }
  return [theme, next]
}
