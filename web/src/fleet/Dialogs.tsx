import type { Decky } from '../data/documents'
import { IntervalDialog } from './IntervalDialog'
import { MutateDialog } from './MutateDialog'
import { MutateManyDialog } from './MutateManyDialog'
import { TeardownDialog } from './TeardownDialog'

/** What the operator wants to change, before the details. */
export type Asked =
  | { kind: 'mutate'; deckies: readonly Decky[] }
  /** Of these deckies, or of one of these deployments where no decky is named. */
  | { kind: 'interval'; deckies: readonly Decky[]; deployments: readonly string[] }
  | { kind: 'teardown'; deckies: readonly Decky[] }

/** The dialog for it. */
export function Dialogs({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const [only, ...more] = asked.deckies
  switch (asked.kind) {
    case 'mutate':
      return only && more.length === 0 ? <MutateDialog decky={only} onClose={onClose} /> : <MutateManyDialog deckies={asked.deckies} onClose={onClose} />
    case 'interval':
      return <IntervalDialog deckies={asked.deckies} deployments={asked.deployments} onClose={onClose} />
    case 'teardown':
      return <TeardownDialog deckies={asked.deckies} onClose={onClose} />
  }
}
