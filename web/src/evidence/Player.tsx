import { Pause, Play, SkipBack } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { inTime } from '../ui/duration'
import { Hostile } from '../ui/Hostile'
import { played, type Frame } from './frames'

const speeds = [1, 2, 4, 16]
const tick = 50
/** Beyond this a session is silent for longer than anybody watches: the player jumps, in milliseconds. */
const longestSilence = 3_000
const prompt = { input: '›', output: ' ', note: '·' }

/** Plays a session as it went. Whatever the intruder sent is text: a control sequence is shown, never obeyed. */
export function Player({ frames }: { frames: readonly Frame[] }) {
  const length = frames.at(-1)?.at ?? 0
  const [at, setAt] = useState(length)
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState(1)
  const screen = useRef<HTMLOListElement>(null)
  const count = played(frames, at)

  useEffect(() => {
    if (!playing) return
    const timer = setInterval(() => {
      setAt((now) => {
        const next = frames[played(frames, now)]?.at ?? length
        return Math.min(length, next - now > longestSilence * speed ? next - longestSilence * speed : now + tick * speed)
      })
    }, tick)
    return () => clearInterval(timer)
  }, [playing, speed, frames, length])
  useEffect(() => {
    if (at >= length) setPlaying(false)
  }, [at, length])
  useEffect(() => {
    screen.current?.scrollTo({ top: screen.current.scrollHeight })
  }, [count])

  const toggle = () => {
    if (at >= length) setAt(0)
    setPlaying(!playing)
  }
  return (
    <div className="player" data-frames={frames.length} data-played={count}>
      <ol ref={screen} className="screen" tabIndex={0} aria-label="What was said">
        {frames.slice(0, count).map((f, i) => (
          <li key={i} className={f.kind}>
            <span className="screen-time">{(f.at / 1_000).toFixed(1)}</span>
            <span className="screen-prompt" aria-hidden="true">{prompt[f.kind]}</span>
            <Hostile text={f.text} />
          </li>
        ))}
      </ol>
      <div className="player-bar">
        <button type="button" className="icon" onClick={() => { setPlaying(false); setAt(0) }} aria-label="To the beginning"><SkipBack size={16} aria-hidden="true" /></button>
        <button type="button" className="icon" onClick={toggle} aria-label={playing ? 'Pause' : 'Play'}>{playing ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}</button>
        <input type="range" aria-label="Moment" min={0} max={Math.max(1, length)} value={at} aria-valuetext={`${inTime(at)} of ${inTime(length)}`} onChange={(e) => { setPlaying(false); setAt(e.target.valueAsNumber) }} />
        <span className="count faint">{inTime(at)} / {inTime(length)}</span>
        <select aria-label="Speed" value={speed} onChange={(e) => setSpeed(Number(e.target.value))}>
          {speeds.map((s) => <option key={s} value={s}>{s}×</option>)}
        </select>
      </div>
    </div>
  )
}
