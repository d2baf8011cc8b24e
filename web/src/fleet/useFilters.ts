import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useSearchParams } from 'wouter'
import { fromAddress, toAddress, type Filters } from './filters'

// Where a table would have to be pushed sideways, cards are the usual view.
const narrow = matchMedia('(max-width: 45rem)')
const onNarrow = (listener: () => void) => {
  narrow.addEventListener('change', listener)
  return () => narrow.removeEventListener('change', listener)
}

/** The filters in the address, and a way to change some of them. Typing does not fill the browser's history. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const [params, setParams] = useSearchParams()
  const usual = useSyncExternalStore(onNarrow, () => (narrow.matches ? 'grid' : 'table'))
  const filters = useMemo(() => fromAddress(params, usual), [params, usual])
  const change = useCallback(
    (some: Partial<Filters>) => setParams((before) => toAddress({ ...fromAddress(before, usual), ...some }, usual), { replace: true }),
    [setParams, usual],
  )
  return [filters, change]
}
