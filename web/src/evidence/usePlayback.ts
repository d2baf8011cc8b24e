import { useEffect, useState } from 'react'
import { played, type Frame } from './frames'

const tick = 50
/** A silence that is longer is cut to this, in milliseconds: nobody watches it. */
const longestSilence = 3_000

/** The state of a player. */
export interface Playback {
  /** Where it stands and how long it is, in milliseconds. */
  at: number
  length: number
  /** How many frames have been played. */
  count: number
  playing: boolean
  speed: number
  toggle: () => void
  seek: (at: number) => void
  setSpeed: (speed: number) => void
}

/** Plays frames; it begins at their end, so that all of them can be read at once. */
export function usePlayback(frames: readonly Frame[]): Playback {
  const length = frames.at(-1)?.at ?? 0
  // Null: at the end, wherever that is by now.
  const [stopped, setAt] = useState<number | null>(null)
  const at = stopped ?? length
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState(1)

  useEffect(() => {
    if (!playing) return
    const timer = setInterval(() => {
      setAt((before) => {
        const now = before ?? length
        const next = frames[played(frames, now)]?.at ?? length
        const silence = longestSilence * speed
        return Math.min(length, next - now > silence ? next - silence : now + tick * speed)
      })
    }, tick)
    return () => clearInterval(timer)
  }, [playing, speed, frames, length])
  useEffect(() => {
    if (at < length) return
    setPlaying(false)
    setAt(null)
  }, [at, length])

  return {
    at, length, count: played(frames, at), playing, speed, setSpeed,
    toggle: () => {
      if (at >= length) setAt(0)
      setPlaying(!playing)
    },
    seek: (to) => {
      setPlaying(false)
      setAt(to < length ? to : null)
    },
  }
}
