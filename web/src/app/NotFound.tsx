import { Link } from 'wouter'
import { Empty } from '../ui/Notices'
import { PageHead } from '../ui/PageHead'
import { paths } from './paths'

export function NotFound() {
  return (
    <div className="page">
      <PageHead title="There is nothing here" />
      <Empty title="No page has this address"><Link href={paths.fleet}>Go to the fleet</Link></Empty>
    </div>
  )
}
