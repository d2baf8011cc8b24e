// How often each decky was touched, hour by hour over the last day.
import { useMemo } from 'react'
import { useApp } from '../app/context'
import { useMinute } from '../ui/clock'
import { useStore } from './store'
import type { Feed } from './feed'

const hours = 24
const hour = 3_600_000
const none: readonly number[] = Array<number>(hours).fill(0)

/** The counts of a decky's last 24 hours, oldest first. */
export interface Touches {
  of: (deployment: string, decky: string) => readonly number[]
}

/** Counts the interactions of the 24 hours before `now`. */
export function countTouches(feed: Feed, now: number): Touches {
  const counts = new Map<string, number[]>()
  for (const { at, deploymentName, deckyName } of feed.values()) {
    const age = Math.floor((now - Date.parse(at)) / hour)
    if (age < 0 || age >= hours) continue
    const key = `${deploymentName}/${deckyName}`
    let of = counts.get(key)
    if (!of) counts.set(key, (of = [...none]))
    const bucket = hours - 1 - age
    of[bucket] = (of[bucket] ?? 0) + 1
  }
  return { of: (deployment, decky) => counts.get(`${deployment}/${decky}`) ?? none }
}

export function useTouches(): Touches {
  const { data } = useApp()
  const feed = useStore(data.interactions)
  const minute = useMinute()
  return useMemo(() => countTouches(feed, minute), [feed, minute])
}
