import { visible } from './visible'

/** An intruder's bytes: text that can't act, can't hide and can't turn the line around. Beyond `limit` characters it says how many more there are. */
export function Hostile({ text, limit }: { text: string; limit?: number }) {
  const { stretches, left } = visible(text, limit)
  return (
    <bdi dir="ltr" className="hostile">
      {stretches.map((s, i) => (s.escaped ? <span key={i} className="escape">{s.text}</span> : s.text))}
      {left > 0 && <span className="left-out"> … and {left.toLocaleString()} more {left === 1 ? 'character' : 'characters'}</span>}
    </bdi>
  )
}
