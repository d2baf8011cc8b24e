import { Server, Shuffle } from 'lucide-react'
import type { Catalog } from '../data/documents'

interface Props {
  /** Absent while the catalog is read. */
  archetypes: Catalog['archetypes'] | undefined
  chosen: string | null
  choose: (slug: string | null) => void
}

/** The archetypes as cards, one of which is chosen. Arrow keys go from one to the next, as in any group of radio buttons. */
export function ArchetypeCards({ archetypes, chosen, choose }: Props) {
  if (!archetypes) return <p role="status" className="waiting">Reading the catalog…</p>
  return (
    <div className="cards" role="radiogroup" aria-label="Archetype">
      <label className="choice" data-chosen={chosen === null}>
        <input type="radio" name="archetype" checked={chosen === null} onChange={() => choose(null)} />
        <span className="choice-title"><Shuffle size={16} aria-hidden="true" />Let the mutator pick</span>
        <span className="faint">Each decky gets services of its own, none like its neighbour.</span>
      </label>
      {archetypes.toSorted((a, b) => Number(b.available) - Number(a.available)).map((a) => (
        <label key={a.slug} className="choice" data-chosen={chosen === a.slug} data-off={!a.available}>
          <input type="radio" name="archetype" checked={chosen === a.slug} disabled={!a.available} onChange={() => choose(a.slug)} />
          <span className="choice-title"><Server size={16} aria-hidden="true" />{a.name}</span>
          <span className="faint">{a.available ? a.description : `${a.description} (not in this build)`}</span>
          <span className="chips">{a.services.map((s) => <span key={s} className="chip">{s}</span>)}</span>
        </label>
      ))}
    </div>
  )
}
