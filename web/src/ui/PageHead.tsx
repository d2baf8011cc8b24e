import { useEffect, type ReactNode } from 'react'

/** A page's heading, what can be done on it, and the document's title. */
export function PageHead({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · decnet`
  }, [title])
  return (
    <div className="title">
      <div>
        <h1>{title}</h1>
        {about && <p className="faint">{about}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </div>
  )
}
