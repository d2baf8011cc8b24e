import { useState } from 'react'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { useAsk } from '../api/useAsk'
import { useLast } from '../api/useLast'
import { statsOf } from '../evidence/documents'
import { useLively } from '../evidence/useLively'
import { useMinute } from '../ui/clock'
import { Ranking } from './Ranking'
import { ranges, type Range } from './ranges'
import type { Question } from './useInteractions'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' })
const full = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const tip = { background: 'var(--raised)', border: '1px solid var(--line)', borderRadius: 8, color: 'var(--text)' }

interface Props {
  question: Question
  /** The address that shows, of what is shown, only what has this value. */
  alone: (name: 'service' | 'source', value: string) => string
}

/** How many interactions there were over time, by service and by source, as the server counts them. */
export default function Charts({ question, alone }: Props) {
  const [range, setRange] = useState<Range>('day')
  const now = useMinute()
  const { span, bucket } = ranges[range]
  const { data, problem, again } = useAsk(statsOf, { from: new Date(now - span).toISOString(), to: new Date(now).toISOString(), bucket, where: question })
  useLively(again)
  const stats = useLast(data)?.interactionStats
  const at = (moment: unknown) => (range === 'week' ? day : clock).format(new Date(String(moment)))
  // A day goes over midnight: which of the two it was, the clock alone does not tell.
  const exactly = (moment: unknown) => full.format(new Date(String(moment)))

  if (problem) return <p role="alert" className="problem">{problem.message}</p>
  return (
    <section className="charts" aria-label="Counts">
      <div className="chart">
        <div className="step-head">
          <h2>By time <span className="faint" role="status">{stats && `${stats.total.toLocaleString()} from ${stats.attackers.toLocaleString()} ${stats.attackers === 1 ? 'address' : 'addresses'}`}</span></h2>
          <div className="toggle" role="group" aria-label="Range">
            {(Object.keys(ranges) as Range[]).map((r) => <button key={r} type="button" aria-pressed={r === range} onClick={() => setRange(r)}>{ranges[r].label}</button>)}
          </div>
        </div>
        <ResponsiveContainer width="100%" height={150}>
          <BarChart data={stats?.overTime ?? []} margin={{ left: -20, right: 4, top: 10 }} title="Interactions by time">
            <CartesianGrid vertical={false} syncWithTicks stroke="var(--line)" />
            <XAxis dataKey="at" tickFormatter={at} stroke="var(--faint)" fontSize={12} minTickGap={40} tickLine={false} />
            <YAxis allowDecimals={false} interval={0} stroke="var(--faint)" fontSize={12} tickLine={false} axisLine={false} />
            <Tooltip labelFormatter={exactly} contentStyle={tip} cursor={{ fill: 'var(--hover)' }} isAnimationActive={false} />
            <Bar dataKey="count" name="interactions" fill="var(--accent)" radius={[2, 2, 0, 0]} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <Ranking title="By service" rows={stats?.byService} alone={(service) => alone('service', service)} />
      <Ranking title="By source" rows={stats?.topAttackers} alone={(source) => alone('source', source)} />
    </section>
  )
}
