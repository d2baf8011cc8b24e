import { serviceStandings } from '../data/deckies'
import type { Decky } from '../data/documents'

const said = { confirmed: 'answers', coming: 'wanted, not yet confirmed', going: 'still there, no longer wanted' }

/** Each service of a decky and where it answers. */
export function ServiceTable({ decky }: { decky: Decky }) {
  return (
    <table className="plain">
      <thead><tr><th scope="col">Service</th><th scope="col">Stands</th><th scope="col">Where</th></tr></thead>
      <tbody>
        {serviceStandings(decky).map(({ slug, standing }) => (
          <tr key={slug}>
            <th scope="row">{slug}</th>
            <td><span className={`badge ${standing}`}>{said[standing]}</span></td>
            <td>
              {decky.endpoints.filter((e) => e.service === slug).map((e) => <code key={`${e.port}/${e.proto}`} className="address endpoint">{e.address}:{e.port}/{e.proto}</code>)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
