import { useEffect } from 'react'
import { useApp } from '../app/context'

/** How often what is shown is asked for again at most, in milliseconds. */
const atMostEvery = 2_000

/** Calls `again` soon after something new was recorded, however much of it there is. */
export function useLively(again: () => void): void {
  const { data } = useApp()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = data.interactions.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        again()
      }, atMostEvery)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [data, again])
}
