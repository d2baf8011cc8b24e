import { CheckCircle2, CircleAlert, LoaderCircle, X } from 'lucide-react'
import { Link } from 'wouter'
import type { Journal } from '../data/journal'
import { useStore } from '../data/store'
import type { Action } from './actions'
import { useApp } from './context'
import { paths } from './paths'

/** What became of what the operator last asked for, in the corner, one line each that screen readers say. */
export function ActionTray() {
  const { actions, data } = useApp()
  const journal = useStore(data.journal)
  return (
    <div className="tray">
      {actions.list.map((action) => <Item key={action.key} action={action} journal={journal} onClose={() => actions.close(action.key)} />)}
    </div>
  )
}

function Item({ action, journal, onClose }: { action: Action; journal: Journal; onClose: () => void }) {
  const state = standing(action, journal)
  const Icon = { busy: LoaderCircle, good: CheckCircle2, bad: CircleAlert }[state.mood]
  const [only] = action.lifecycleIds ?? []
  return (
    <div role={state.mood === 'bad' ? 'alert' : 'status'} className={`notice ${state.mood}`}>
      <Icon size={18} aria-hidden="true" />
      <p><b>{action.label}</b>: <span>{state.words}</span>{' '}
        {action.lifecycleIds?.length === 1 && only !== undefined && <Link href={paths.lifecycle(only)}>See it</Link>}
      </p>
      <button type="button" className="icon" onClick={onClose} aria-label="Close this message"><X size={16} aria-hidden="true" /></button>
    </div>
  )
}

/** Where an action stands by the journal. */
export function standing(action: Action, { entries }: Journal): { mood: 'busy' | 'good' | 'bad'; words: string } {
  if (action.problem !== null) return { mood: 'bad', words: action.problem }
  if (!action.lifecycleIds) return { mood: 'busy', words: 'asking…' }
  if (action.lifecycleIds.length === 0) return { mood: 'good', words: 'done' }
  const counts = new Map<string, number>()
  for (const id of action.lifecycleIds) {
    const status = entries.get(id)?.lifecycle.status.toLowerCase() ?? 'accepted'
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const mood = counts.has('failed') ? 'bad' : counts.has('accepted') || counts.has('pending') || counts.has('running') ? 'busy' : 'good'
  const [only] = action.lifecycleIds
  const one = action.lifecycleIds.length === 1 && only !== undefined && entries.get(only)?.lifecycle
  if (one) return { mood, words: [one.status.toLowerCase(), one.error?.message ?? (mood === 'busy' && one.stage)].filter(Boolean).join(': ') }
  return { mood, words: [...counts].map(([status, n]) => `${n} ${status}`).join(', ') }
}
