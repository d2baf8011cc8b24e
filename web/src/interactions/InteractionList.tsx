import { memo, useId, useState } from 'react'
import { Link } from 'wouter'
import { paths } from '../app/paths'
import type { Interaction } from '../data/documents'
import { Hostile } from '../ui/Hostile'
import { Moment } from '../ui/Moment'
import { Details } from './Details'
import '../styles/interactions.css'

const facts = [
  ['principal', 'as'],
  ['secret', 'secret'],
  ['command', 'asked'],
  ['outcome', 'answer'],
] as const satisfies readonly (readonly [keyof Interaction, string])[]

/** How much of a fact is in the list, in UTF-16 units: one of kilobytes would push everything else out of sight. The details have all of it. */
const inList = 400

/** Whose it was that was no intruder's, and counts as nobody's. */
const noIntruder = { CHECK: 'A realism check of the decky: it counts as nobody’s', KNOWN: 'From a known source: it counts as nobody’s' }

/** What intruders did, newest first. Everything they sent is shown as text. */
export function InteractionList({ interactions, withDecky = true, withSession = true }: Shown & { interactions: readonly Interaction[] }) {
  return <ol className="feed" aria-label="Interactions">{interactions.map((i) => <Item key={i.id} interaction={i} withDecky={withDecky} withSession={withSession} />)}</ol>
}

/** What the page is not about anyway. */
interface Shown {
  withDecky?: boolean
  withSession?: boolean
}

const Item = memo(function Item({ interaction: i, withDecky, withSession }: Shown & { interaction: Interaction }) {
  const [open, setOpen] = useState(false)
  const details = useId()
  return (
    <li className="interaction" data-interaction={i.id}>
      <div className="interaction-head">
        <p className="interaction-what">
          <Moment at={i.at} />
          <span className="badge service">{i.service}</span>
          <span className="kind"><Hostile text={i.type} /></span>
          {withDecky && <Link href={paths.decky(i.deploymentName, i.deckyName)}>{i.deckyName}</Link>}
          <span className="from">
            <span className="faint">from</span>{' '}
            <Link href={`${paths.interactions}?source=${encodeURIComponent(i.sourceIP)}`} className="source"><Hostile text={i.sourceIP} />:{i.sourcePort}</Link>
          </span>
          {i.origin !== 'INTRUDER' && <span className="badge" title={noIntruder[i.origin]}>{i.origin.toLowerCase()}</span>}
        </p>
        <span className="interaction-ways">
          <button type="button" className="pick" aria-label={`details: ${i.type} on ${i.deckyName} from ${i.sourceIP}`} aria-expanded={open} aria-controls={open ? details : undefined} onClick={() => setOpen(!open)}>details</button>
          {i.origin === 'INTRUDER' && withSession && <Link href={paths.session(i.session)}>session</Link>}
        </span>
      </div>
      {i.message !== `${i.type} from ${i.sourceIP}` && <p className="interaction-said"><Hostile text={i.message} limit={inList} /></p>}
      {facts.some(([field]) => i[field]) && (
        <dl>
          {facts.map(([field, label]) => i[field] && <div key={field}><dt>{label}</dt><dd><Hostile text={i[field]} limit={inList} />{field === 'principal' && i.outcome === 'accepted' && <> <span className="badge degraded">let in</span></>}</dd></div>)}
        </dl>
      )}
      {open && <Details id={details} of={i} />}
    </li>
  )
})
