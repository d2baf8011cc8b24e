import type { Decky } from '../data/documents'
import type { Asked } from './Dialogs'

/** What the table and the grid are given. */
export interface ListProps {
  deckies: readonly Decky[]
  selected: ReadonlySet<string>
  select: (ids: readonly string[], on: boolean) => void
  /** Asks the operator for the details of a change; absent for who may only look. */
  ask: ((asked: Asked) => void) | undefined
  /** The newest interaction with each decky, by deckyKey. */
  touches: ReadonlyMap<string, string>
}
