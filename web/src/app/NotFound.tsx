import { Link } from 'wouter'
import { paths } from './paths'

export function NotFound() {
  return (
    <div className="empty">
      <h1>There is nothing here</h1>
      <p>No page has this address. <Link href={paths.fleet}>Go to the fleet</Link></p>
    </div>
  )
}
