import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { fromAddress, toAddress, type Filters } from './filters'

/** The filters in the address, and a way to change some of them. Typing does not fill the browser's history. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const [params, setParams] = useSearchParams()
  const filters = useMemo(() => fromAddress(params), [params])
  const change = useCallback(
    (some: Partial<Filters>) => setParams((before) => toAddress({ ...fromAddress(before), ...some }), { replace: true }),
    [setParams],
  )
  return [filters, change]
}
