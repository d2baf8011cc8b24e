import { Pause, Play, SkipBack } from 'lucide-react'
import { useEffect, useMemo, useRef, type RefObject } from 'react'
import { inTime } from '../ui/duration'
import { Hostile } from '../ui/Hostile'
import { terminalLines } from './asciicast'
import type { Frame } from './frames'
import { usePlayback } from './usePlayback'

const speeds = [1, 2, 4, 16]
/** How much of a terminal's output is on the screen, in UTF-16 units. */
const onScreen = 60_000
const prompt = { input: '›', output: ' ', note: '·' }

interface Props {
  frames: readonly Frame[]
  /** The frames are what a terminal showed, and not things that happened. */
  terminal: boolean
}

/** Plays a session as it went. Whatever the intruder sent is text: a control sequence is shown, never obeyed. */
export function Player({ frames, terminal }: Props) {
  const { at, length, count, playing, speed, toggle, seek, setSpeed } = usePlayback(frames)
  const screen = useRef<HTMLOListElement>(null)
  useEffect(() => {
    screen.current?.scrollTo({ top: screen.current.scrollHeight })
  }, [count])
  const shown = frames.slice(0, count)
  return (
    <div className="player" data-frames={frames.length} data-played={count}>
      {terminal ? <Terminal frames={shown} screen={screen} /> : <Happenings frames={shown} screen={screen} />}
      <div className="player-bar">
        <button type="button" className="icon" onClick={() => seek(-1)} aria-label="To the beginning"><SkipBack size={16} aria-hidden="true" /></button>
        <button type="button" className="icon" onClick={toggle} aria-label={playing ? 'Pause' : 'Play'}>{playing ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}</button>
        <input type="range" aria-label="Moment" min={0} max={Math.max(1, Math.round(length))} value={Math.max(0, Math.round(at))} aria-valuetext={`${inTime(at)} of ${inTime(length)}`} onChange={(e) => seek(e.target.valueAsNumber)} />
        <span className="count faint">{inTime(at)} / {inTime(length)}</span>
        <select aria-label="Speed" value={speed} onChange={(e) => setSpeed(Number(e.target.value))}>
          {speeds.map((s) => <option key={s} value={s}>{s}×</option>)}
        </select>
      </div>
    </div>
  )
}

interface ScreenProps {
  frames: readonly Frame[]
  screen: RefObject<HTMLOListElement | null>
}

function Terminal({ frames, screen }: ScreenProps) {
  const lines = useMemo(() => terminalLines(frames.map((f) => f.text).join('').slice(-onScreen)), [frames.length])
  return (
    <ol ref={screen} className="screen" tabIndex={0} aria-label="What the terminal showed">
      {lines.map((line, i) => <li key={i} className="terminal-line"><Hostile text={line || ' '} /></li>)}
    </ol>
  )
}

function Happenings({ frames, screen }: ScreenProps) {
  return (
    <ol ref={screen} className="screen" tabIndex={0} aria-label="What was said">
      {frames.map((f, i) => (
        <li key={i} className={f.kind}>
          <span className="screen-time">{(f.at / 1_000).toFixed(1)}</span>
          <span className="screen-prompt" aria-hidden="true">{prompt[f.kind]}</span>
          <Hostile text={f.text} />
        </li>
      ))}
    </ol>
  )
}
