import { useAsk } from '../api/useAsk'
import { catalog } from '../data/documents'
import { grouped } from '../data/grouped'

const nothing = {}

/** The catalog's services to choose from, by category; those that this build can't deploy say so. */
export function ServicePicker({ chosen, choose }: { chosen: readonly string[]; choose: (services: readonly string[]) => void }) {
  const { data, problem } = useAsk(catalog, nothing)
  if (problem) return <p role="alert" className="problem">{problem.message}</p>
  if (!data) return <p role="status" className="faint">Reading the catalog…</p>
  return (
    <div className="services">
      {[...grouped(data.services, (s) => s.category)].map(([category, services]) => (
        <fieldset key={category}>
          <legend>{category === 'iot' ? 'IoT' : category}</legend>
          {services.map((s) => (
            <label key={s.slug} className="tick" data-off={!s.available} title={s.available ? s.description : `${s.description} (not in this build)`}>
              <input
                type="checkbox" checked={chosen.includes(s.slug)} disabled={!s.available}
                onChange={(e) => choose(e.target.checked ? [...chosen, s.slug].sort() : chosen.filter((c) => c !== s.slug))}
              />
              {s.name}
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  )
}
