import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useApp } from '../app/context'
import { paths } from '../app/paths'
import { Empty } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'

/** A page for administrators; others are told so. */
export function OnlyAdmins({ title, children }: { title: string; children: ReactNode }) {
  const { session } = useApp()
  if (session.role === 'ADMIN') return children
  return (
    <div className="page">
      <PageHead title={title} />
      <Empty title="This is for administrators"><p>An administrator can change what you may do. <Link href={paths.fleet}>See the fleet</Link></p></Empty>
    </div>
  )
}
