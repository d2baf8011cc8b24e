import type { ReactNode } from 'react'

/** What is shown where there is nothing to show: why, and what to do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="empty"><p className="empty-title">{title}</p>{children && <div>{children}</div>}</div>
}

/** What went wrong, and a way to try again. */
export function Problem({ problem, again }: { problem: Error; again?: () => void }) {
  return (
    <div role="alert" className="notice bad">
      <p className="problem">{problem.message}</p>
      {again && <button type="button" onClick={again}>Ask again</button>}
    </div>
  )
}
