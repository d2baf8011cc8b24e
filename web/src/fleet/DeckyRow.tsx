import { memo } from 'react'
import { Moment } from '../text/Moment'
import { serviceStandings } from './deckies'
import type { Decky } from './documents'
import { isOver, type Entry } from './journal'
import { Standing, Steps } from './Steps'

interface Props {
  decky: Decky
  /** Its newest lifecycle, if the page knows one. */
  latest: Entry | undefined
  /** Whether the operator has just asked for it, and wants to see how it went. */
  followed: boolean
  /** Absent for who may only look. */
  onMutate?: ((decky: Decky) => void) | undefined
  onTeardown?: ((decky: Decky) => void) | undefined
}

const said = { confirmed: '', coming: ' (wanted, not yet confirmed)', going: ' (still there, no longer wanted)' }

export const DeckyRow = memo(function DeckyRow({ decky, latest, followed, onMutate, onTeardown }: Props) {
  const inStep = decky.generation === decky.observedGeneration
  return (
    <tr data-decky={decky.name}>
      <th scope="row">
        {decky.name}
        <div className="faint">{decky.hostname}{decky.archetype && ` · ${decky.archetype}`}</div>
      </th>
      <td><Standing of={decky.state} /></td>
      <td>
        <ul className="chips">
          {serviceStandings(decky).map(({ slug, standing }) => (
            <li key={slug} className={standing} title={slug + said[standing]}>
              {slug}
              <span className="unseen">{said[standing]}</span>
            </li>
          ))}
        </ul>
      </td>
      <td>
        <code>{decky.ip}</code>
        {decky.endpoints.length > 0 && (
          <ul className="endpoints">
            {decky.endpoints.map((e) => (
              <li key={`${e.service} ${e.proto} ${e.address} ${e.port}`}>
                <span className="faint">{e.service}</span> <code>{e.address}:{e.port}/{e.proto}</code>
              </li>
            ))}
          </ul>
        )}
      </td>
      <td>
        <span title={inStep ? 'In step' : `Wanted: generation ${decky.generation}; confirmed: ${decky.observedGeneration}`}>
          {inStep ? decky.generation : `${decky.observedGeneration} → ${decky.generation}`}
        </span>
        {!inStep && <div className="faint">not in step</div>}
      </td>
      <td>
        {decky.lastMutatedAt ? <Moment at={decky.lastMutatedAt} /> : <span className="faint">never</span>}
        {decky.nextMutationAt && <div className="faint">next <Moment at={decky.nextMutationAt} /></div>}
      </td>
      <td className="latest">
        {latest && (
          <details open={followed || !isOver(latest.lifecycle)}>
            <summary>{latest.lifecycle.operation.toLowerCase()} <Standing of={latest.lifecycle.status} /></summary>
            <Steps entry={latest} />
          </details>
        )}
      </td>
      {onMutate && onTeardown && (
        <td className="actions">
          <button type="button" onClick={() => onMutate(decky)} aria-label={`Mutate ${decky.name}`}>Mutate</button>
          <button type="button" className="danger" onClick={() => onTeardown(decky)} aria-label={`Tear down ${decky.name}`}>Tear down…</button>
        </td>
      )}
    </tr>
  )
})
