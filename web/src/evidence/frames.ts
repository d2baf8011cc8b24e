// A session as frames to be played: what was seen, and when after its beginning.
import type { Interaction } from '../data/documents'

export interface Frame {
  /** Milliseconds after the session's beginning. */
  at: number
  /** `input` is the intruder's, `output` the decoy's, `note` ours. */
  kind: 'input' | 'output' | 'note'
  text: string
}

/** The frames of a session's interactions, oldest first. */
export function framesOf(interactions: readonly Interaction[]): Frame[] {
  const began = Date.parse(interactions[0]?.at ?? '')
  return interactions.flatMap((i) => {
    const at = Math.max(0, Date.parse(i.at) - began)
    if (i.command) return [{ at, kind: 'input' as const, text: i.command }]
    if (i.secret) return [{ at, kind: 'input' as const, text: `${i.principal ?? ''} ${i.secret}`.trim() }, { at, kind: 'note' as const, text: `${i.type}: ${i.outcome ?? i.message}` }]
    return [{ at, kind: 'note' as const, text: `${i.type}: ${i.message}` }]
  })
}

/** How many frames have been played at a moment. */
export const played = (frames: readonly Frame[], at: number): number => {
  const after = frames.findIndex((f) => f.at > at)
  return after === -1 ? frames.length : after
}
