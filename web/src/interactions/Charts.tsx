import { useCallback, useMemo, useState } from 'react'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { Interaction } from '../data/documents'
import { useSample } from '../evidence/useSample'
import { useMinute } from '../ui/clock'
import { visible } from '../ui/visible'
import { byName, byTime, ranges, type Range } from './counts'
import { fits, type Question } from './useInteractions'

/** How many interactions the charts count at most. */
const most = 4_000
const services = 8

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' })

/** How many interactions there were over time, by service and by source. Each chart has its numbers as a table for who can't see it. */
export default function Charts({ question }: { question: Question }) {
  const [range, setRange] = useState<Range>('day')
  const now = useMinute()
  const { span } = ranges[range]
  const where = useMemo(() => ({ ...question, atGTE: new Date(now - span).toISOString() }), [question, now, span])
  const fit = useCallback((i: Interaction) => fits(i, question), [question])
  const { interactions, more, problem } = useSample(where, most, fit)
  const time = useMemo(() => byTime(interactions ?? [], range, now), [interactions, range, now])
  const service = useMemo(() => byName(interactions ?? [], (i) => i.service, services), [interactions])
  const source = useMemo(() => byName(interactions ?? [], (i) => plain(i.sourceIP), services), [interactions])
  const at = (from: number) => (range === 'week' ? day : clock).format(from)

  if (problem) return <p role="alert" className="problem">{problem.message}</p>
  return (
    <section className="charts" aria-label="Counts">
      <div className="chart wide">
        <div className="step-head">
          <h2>By time <span className="faint">{interactions ? `${interactions.length}${more ? '+' : ''} interactions` : ''}</span></h2>
          <div className="toggle" role="group" aria-label="Range">
            {(Object.keys(ranges) as Range[]).map((r) => <button key={r} type="button" aria-pressed={r === range} onClick={() => setRange(r)}>{ranges[r].label}</button>)}
          </div>
        </div>
        <ResponsiveContainer width="100%" height={150}>
          <BarChart data={time} margin={{ left: -20, right: 4, top: 4 }} title="Interactions by time">
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="from" tickFormatter={at} stroke="var(--faint)" fontSize={12} minTickGap={40} tickLine={false} />
            <YAxis allowDecimals={false} stroke="var(--faint)" fontSize={12} tickLine={false} axisLine={false} />
            <Tooltip labelFormatter={(from) => at(Number(from))} contentStyle={tip} cursor={{ fill: 'var(--hover)' }} isAnimationActive={false} />
            <Bar dataKey="count" name="interactions" fill="var(--accent)" radius={[2, 2, 0, 0]} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
        {more && <p className="hint">There were more: the newest {most} are counted.</p>}
      </div>
      <Ranking title="By service" rows={service} />
      <Ranking title="By source" rows={source} />
    </section>
  )
}

const tip = { background: 'var(--raised)', border: '1px solid var(--line)', borderRadius: 8, color: 'var(--text)' }

function Ranking({ title, rows }: { title: string; rows: readonly { name: string; count: number }[] }) {
  const top = Math.max(1, ...rows.map((r) => r.count))
  return (
    <div className="chart">
      <h2>{title}</h2>
      {rows.length === 0 && <p className="faint">Nothing in this time.</p>}
      <table className="ranking">
        <caption className="unseen">{title}</caption>
        <tbody>
          {rows.map(({ name, count }) => (
            <tr key={name}><th scope="row">{name}</th><td className="ranking-bar"><meter min={0} max={top} value={count} aria-hidden="true" /></td><td className="count">{count}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const plain = (text: string) => visible(text, 60).stretches.map((s) => s.text).join('')
