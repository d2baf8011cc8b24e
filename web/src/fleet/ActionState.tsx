import type { Journal } from './journal'
import type { Action } from './useAction'

/** What became of what the operator last asked for, in one line that screen readers say. */
export function ActionState({ action, journal, onClose }: { action: Action; journal: Journal; onClose: () => void }) {
  const close = <button type="button" onClick={onClose} aria-label="Close this message">×</button>
  if (action.problem !== null) {
    return <div role="alert" className="notice problem"><span>{action.label}: {action.problem}</span>{close}</div>
  }
  return <div role="status" className="notice"><span>{action.label}: {progress(action, journal)}</span>{close}</div>
}

function progress({ lifecycleIds }: Action, { entries }: Journal): string {
  if (!lifecycleIds) return 'asking…'
  if (lifecycleIds.length === 0) return 'accepted; there was nothing to do'
  const [only] = lifecycleIds
  const one = lifecycleIds.length === 1 && only !== undefined && entries.get(only)?.lifecycle
  if (one) return [one.status.toLowerCase(), one.error?.message ?? one.stage].filter(Boolean).join(': ')
  const counts = new Map<string, number>()
  for (const id of lifecycleIds) {
    const status = entries.get(id)?.lifecycle.status.toLowerCase() ?? 'accepted'
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return [...counts].map(([status, n]) => `${n} ${status}`).join(', ')
}
