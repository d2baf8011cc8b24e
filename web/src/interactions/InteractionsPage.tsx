import { Pause, Play } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { useAsk } from '../api/useAsk'
import { catalog, type Interaction } from '../data/documents'
import { Empty, Problem } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { InteractionList } from './InteractionList'
import { useInteractions, type Question } from './useInteractions'
import '../styles/interactions.css'

const Charts = lazy(() => import('./Charts'))

/** The parameters of the address and what they ask. */
const asks = { service: 'service', kind: 'type', source: 'sourceIP', decky: 'deckyName', principal: 'principal' } as const satisfies Record<string, keyof Question>

const nothing = {}

/** What intruders do, as they do it; it can be held still to be read. */
export default function InteractionsPage() {
  const [params, setParams] = useSearchParams()
  const question = useMemo<Question>(
    () => Object.fromEntries(Object.entries(asks).flatMap(([name, field]) => (params.get(name) ? [[field, params.get(name)]] : []))),
    [params],
  )
  const { data: known } = useAsk(catalog, nothing)
  const { list, problem, again, older } = useInteractions(question)
  const [held, setHeld] = useState<readonly Interaction[] | null>(null)
  const shown = held ?? list
  const waiting = held && list ? list.findIndex((i) => i.id === held[0]?.id) : 0

  const ask = (name: string, value: string) =>
    setParams((before) => asking(before, name, value), { replace: true })

  return (
    <div className="page">
      <PageHead title="Interactions" about="What intruders did to the deckies. What they sent is shown as text, and never as what it would do.">
        {held && <span role="status" className="faint">{waiting > 0 ? `${waiting} new since you held it` : 'held; nothing new yet'}</span>}
        <button type="button" aria-pressed={held !== null} disabled={!list} onClick={() => setHeld(held ? null : list)}>
          {held ? <><Play size={16} aria-hidden="true" />Go on</> : <><Pause size={16} aria-hidden="true" />Pause</>}
        </button>
      </PageHead>
      <Suspense fallback={<div className="charts-place" />}><Charts question={question} alone={(name, value) => `?${asking(params, name, value)}`} /></Suspense>
      <search className="filters">
        <Field label="Decky" name="decky" params={params} ask={ask} search />
        <select aria-label="Service" value={params.get('service') ?? ''} onChange={(e) => ask('service', e.target.value)}>
          <option value="">Any service</option>
          {[...new Set([...(known?.services.map((s) => s.slug) ?? []), ...params.getAll('service')])].sort().map((s) => <option key={s}>{s}</option>)}
        </select>
        <Field label="Kind" name="kind" params={params} ask={ask} />
        <Field label="Source address" name="source" params={params} ask={ask} />
        <Field label="Signed in as" name="principal" params={params} ask={ask} />
        {params.size > 0 && <button type="button" className="quiet" onClick={() => setParams(new URLSearchParams(), { replace: true })}>Clear</button>}
      </search>
      {problem && <Problem problem={problem} again={again} />}
      {!shown && !problem && <p role="status" className="waiting">Reading what was recorded…</p>}
      {shown?.length === 0 && (params.size > 0
        ? <Empty title="Nothing recorded is like that" />
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

interface FieldProps {
  label: string
  name: string
  params: URLSearchParams
  ask: (name: string, value: string) => void
  search?: boolean
}

/** One exact value to ask for; it is asked when the reader leaves the field or presses Enter. */
function Field({ label, name, params, ask, search = false }: FieldProps) {
  const value = params.get(name) ?? ''
  return (
    <input
      key={value} type={search ? 'search' : 'text'} aria-label={label} placeholder={label} defaultValue={value} spellCheck={false} autoCapitalize="none"
      onBlur={(e) => e.target.value !== value && ask(name, e.target.value)}
      onKeyDown={(e) => e.key === 'Enter' && ask(name, e.currentTarget.value)}
    />
  )
}
