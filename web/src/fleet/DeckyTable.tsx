import type { Decky } from './documents'
import { DeckyRow } from './DeckyRow'
import { deckyKey, type Entry } from './journal'

interface Props {
  deployment: string
  deckies: readonly Decky[]
  latest: ReadonlyMap<string, Entry>
  /** The lifecycles that the operator last asked for. */
  followed: readonly string[]
  /** Absent for who may only look. */
  onMutate?: ((decky: Decky) => void) | undefined
  onTeardown?: ((decky: Decky) => void) | undefined
}

/** The deckies of one deployment. */
export function DeckyTable({ deployment, deckies, latest, followed, onMutate, onTeardown }: Props) {
  return (
    <div className="scroll" role="region" aria-label={`Deckies of ${deployment}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Decky</th>
            <th scope="col">State</th>
            <th scope="col">Services</th>
            <th scope="col">Address</th>
            <th scope="col">Generation</th>
            <th scope="col">Last mutation</th>
            <th scope="col">Latest lifecycle</th>
            {onMutate && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody>
          {deckies.map((d) => {
            const entry = latest.get(deckyKey(deployment, d.name))
            return (
              <DeckyRow
                key={d.id} decky={d} latest={entry} followed={entry !== undefined && followed.includes(entry.lifecycle.id)}
                onMutate={onMutate} onTeardown={onTeardown}
              />
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
