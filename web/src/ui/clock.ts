// One clock for everything that counts: it ticks each second while somebody looks.
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function onTick(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => listeners.forEach((tell) => tell()), 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** This second, in milliseconds since 1970. */
export const useNow = (): number => useSyncExternalStore(onTick, () => Math.floor(Date.now() / 1_000) * 1_000)

/** The end of this minute, for what need not be drawn each second. */
export const useMinute = (): number => useSyncExternalStore(onTick, () => Math.ceil(Date.now() / 60_000) * 60_000)
