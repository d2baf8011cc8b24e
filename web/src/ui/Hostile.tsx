import { visible } from './visible'

/** An intruder's bytes: text that can't act, can't hide and can't turn the line around. */
export function Hostile({ text }: { text: string }) {
  const { stretches, left } = visible(text)
  return (
    <bdi dir="ltr" className="hostile">
      {stretches.map((s, i) => (s.escaped ? <span key={i} className="escape">{s.text}</span> : s.text))}
      {left > 0 && <span className="left-out"> … and {left} more characters</span>}
    </bdi>
  )
}
