import { Pause, Play } from 'lucide-react'
import { Suspense, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { useApp } from '../app/context'
import { part } from '../app/parts'
import { useAsk } from '../api/useAsk'
import { catalog, type Interaction } from '../data/documents'
import { useStore } from '../data/store'
import { kindsOf } from '../evidence/documents'
import { Download } from '../ui/Download'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { Typed } from '../ui/Typed'
import { InteractionList } from './InteractionList'
import { fromLocal, isMoment, toLocal } from './moments'
import { ranges } from './ranges'
import { fromSource, useInteractions, type Question } from './useInteractions'
import '../styles/interactions.css'

const Charts = part(() => import('./Charts'))

/** Whose interactions can be asked for. Unless they are, those of known sources are left out: a scanner's nightly round would hide everybody else. */
const whose: Record<string, Question> = { intruders: { origin: 'INTRUDER' }, checks: { origin: 'CHECK' }, known: { origin: 'KNOWN' }, everybody: {} }

/** The parameters of the address and what they ask. */
const asks: Record<string, (value: string) => Question> = {
  service: (slug) => ({ service: slug }),
  kind: (kind) => ({ type: kind }),
  source: fromSource,
  decky: (part) => ({ deckyNameContainsFold: part }),
  principal: (part) => ({ principalContainsFold: part }),
  credential: (id) => ({ credentialID: id }),
  command: (part) => ({ commandContainsFold: part }),
  from: (at) => (isMoment(at) ? { atGTE: at } : {}),
  until: (at) => (isMoment(at) ? { atLT: at } : {}),
}

const nothing = {}

/** What intruders do, as they do it; it can be held still to be read. */
export default function InteractionsPage() {
  const [params, setParams] = useSearchParams()
  const question = useMemo<Question>(
    () => Object.assign({}, whose[params.get('whose') ?? ''] ?? { originNEQ: 'KNOWN' }, ...Object.entries(asks).map(([name, of]) => { const value = params.get(name); return value ? of(value) : {} })) as Question,
    [params],
  )
  const { data } = useApp()
  const { data: known } = useAsk(catalog, nothing)
  const [since] = useState(() => new Date(Date.now() - ranges.week.span).toISOString())
  const { data: counted } = useAsk(kindsOf, { from: since })
  const fleet = useStore(data.deckies)
  const names = useMemo(() => [...new Set([...(fleet?.values() ?? [])].map((d) => d.name))].sort(), [fleet])
  const { list, problem, again, older, read } = useInteractions(question)
  const [held, setHeld] = useState<readonly Interaction[] | null>(null)
  const shown = held ?? list
  const newer = held && list ? (held.length > 0 ? list.findIndex((i) => i.id === held[0]?.id) : list.length) : 0
  // After a storm the first that was held may be further down than what was read.
  const waiting = newer >= 0 ? String(newer) : `more than ${list?.length ?? 0}`

  const ask = (name: string, value: string) =>
    setParams((before) => asking(before, name, value), { replace: true })

  return (
    <div className="page">
      <PageHead title="Interactions" about={params.has('credential') ? 'The tries of one credential.' : 'What intruders did to the deckies. What they sent is shown as text.'}>
        {held && <span role="status" className="faint">{newer !== 0 ? `${waiting} new since you held it` : 'held; nothing new yet'}</span>}
        {list && list.length > 0 && <Download name="interactions" read={read} />}
        <button type="button" aria-pressed={held !== null} disabled={!list} onClick={() => setHeld(held ? null : list)}>
          {held ? <><Play size={16} aria-hidden="true" />Go on</> : <><Pause size={16} aria-hidden="true" />Pause</>}
        </button>
      </PageHead>
      <Suspense fallback={<div className="charts-place" />}><Charts question={question} alone={(name, value) => `?${asking(params, name, value)}`} /></Suspense>
      <search className="filters">
        <Field label="Asked for" placeholder="Command, query or request…" name="command" params={params} ask={ask} search />
        <Field label="Decky" name="decky" params={params} ask={ask} offers={names} />
        <Choice label="Service" any="Any service" name="service" all={known?.services.map((s) => s.slug) ?? []} params={params} ask={ask} />
        <Choice label="Kind" any="Any kind" name="kind" all={[...(counted?.interactionStats.byType.map((k) => k.name) ?? []), ...(list ?? []).map((i) => i.type)]} params={params} ask={ask} />
        <Choice label="Whose" any="All but known sources" name="whose" all={Object.keys(whose)} params={params} ask={ask} />
        <Field label="Source address" name="source" params={params} ask={ask} />
        <Field label="Tried to sign in as" name="principal" params={params} ask={ask} />
        <Moments params={params} ask={ask} />
        {params.size > 0 && <button type="button" className="quiet" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Clear</button>}
      </search>
      {problem && <Problem problem={problem} again={again} />}
      {!shown && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {shown?.length === 0 && (params.size > 0
        ? <Empty title="Nothing recorded is like that"><button type="button" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Show all</button></Empty>
        : <Empty title="Nobody has touched a decky yet"><p>Connect to an endpoint of one: it shows here within a second.</p></Empty>)}
      {shown && shown.length > 0 && <InteractionList interactions={shown} />}
      {older && !held && <button type="button" className="more" onClick={older}>Show older ones</button>}
    </div>
  )
}

function asking(before: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(before)
  if (value) next.set(name, value)
  else next.delete(name)
  return next
}

interface AskProps {
  label: string
  name: string
  params: URLSearchParams
  ask: (name: string, value: string) => void
}

/** One of the values that there are, and the one that the address has. */
function Choice({ label, any, name, all, params, ask }: AskProps & { any: string; all: readonly string[] }) {
  return (
    <select aria-label={label} value={params.get(name) ?? ''} onChange={(e) => ask(name, e.target.value)}>
      <option value="">{any}</option>
      {[...new Set([...all, ...params.getAll(name)])].sort().map((one) => <option key={one}>{one}</option>)}
    </select>
  )
}

/** A text that stands in the address. */
function Field({ name, params, ask, ...props }: AskProps & { placeholder?: string; search?: boolean; offers?: readonly string[] }) {
  return <Typed {...props} value={params.get(name) ?? ''} ask={(value) => ask(name, value)} />
}

/** A stretch of time, in the reader's zone; in the address it is the API's. */
function Moments({ params, ask }: Pick<AskProps, 'params' | 'ask'>) {
  return (
    <>
      {([['from', 'From'], ['until', 'Until']] as const).map(([name, label]) => (
        <label key={name} className="moment">
          {label}
          <input type="datetime-local" value={toLocal(params.get(name))} onChange={(e) => ask(name, fromLocal(e.target.value))} />
        </label>
      ))}
    </>
  )
}
