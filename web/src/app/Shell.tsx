// The frame around every page: where to go, who is signed in, and whether what is shown is now.
import {
  Activity, Boxes, ClipboardList, Fingerprint, FlaskConical, KeyRound, LogOut, Monitor, Moon, Rocket, ScrollText, ShieldCheck, Sun, TerminalSquare, Users, type LucideIcon,
} from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { rolesUpTo } from '../access/roles'
import type { Role } from '../gql/graphql'
import type { Session } from '../session/session'
import { paths } from './paths'
import { useTheme, type Theme } from './theme'

interface Place {
  to: string
  label: string
  Icon: LucideIcon
  /** A document of its own. */
  elsewhere?: boolean
  /** The least role that it is for; VIEWER where none is named. */
  least?: Role
}

const places: readonly { heading: string; places: readonly Place[] }[] = [
  {
    heading: 'Fleet',
    places: [
      { to: paths.fleet, label: 'Fleet', Icon: Boxes },
      { to: paths.deploy, label: 'Deploy', Icon: Rocket, least: 'OPERATOR' },
      { to: paths.lifecycles, label: 'Lifecycles', Icon: ScrollText },
    ],
  },
  {
    heading: 'Evidence',
    places: [
      { to: paths.interactions, label: 'Interactions', Icon: Activity },
      { to: paths.attackers, label: 'Attackers', Icon: Fingerprint },
      { to: paths.credentials, label: 'Credentials', Icon: KeyRound },
      { to: paths.sessions, label: 'Sessions', Icon: TerminalSquare },
      { to: paths.known, label: 'Known sources', Icon: ShieldCheck },
    ],
  },
  {
    heading: 'Access',
    places: [
      { to: paths.people, label: 'People', Icon: Users, least: 'ADMIN' },
      { to: paths.audit, label: 'Audit trail', Icon: ClipboardList, least: 'ADMIN' },
    ],
  },
  { heading: 'API', places: [{ to: paths.explorer, label: 'Explorer', Icon: FlaskConical, elsewhere: true }] },
]

const themeIcons: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon }

interface Props {
  session: Session
  leave: () => void
  /** The connection's state. */
  status: ReactNode
  /** The explorer is a document of its own, whose ways lead out by loading. */
  document?: 'app' | 'explorer'
  children: ReactNode
}

export function Shell({ session, leave, status, document = 'app', children }: Props) {
  const [theme, nextTheme] = useTheme()
  const ThemeIcon = themeIcons[theme]
  const nav = useRef<HTMLElement>(null)
  const [here] = useLocation()
  // In a narrow window the ways are one line that is pushed sideways: where one is, is in sight.
  useEffect(() => {
    const way = nav.current?.querySelector('[aria-current]')
    if (!nav.current || !way) return
    const [line, it] = [nav.current.getBoundingClientRect(), way.getBoundingClientRect()]
    nav.current.scrollBy({ left: it.left + it.width / 2 - line.left - line.width / 2 })
  }, [here])
  return (
    <div className="shell">
      <a className="skip" href="#page">Skip to the page</a>
      <header className="bar">
        <a className="brand" href="/"><img src="/favicon.svg" alt="" width="22" height="22" />decnet</a>
        <nav aria-label="Pages" ref={nav}>
          {places.map(({ heading, places }) => ({ heading, open: places.filter((p) => rolesUpTo(session.role).includes(p.least ?? 'VIEWER')) })).map(({ heading, open }) => open.length > 0 && (
            <div key={heading} className="nav-group">
              <p className="nav-heading" aria-hidden="true">{heading}</p>
              {open.map((place) => <Way key={place.to} {...place} from={document} />)}
            </div>
          ))}
        </nav>
        <div className="bar-foot">
          {status}
          <div className="who">
            <Who session={session} from={document} />
            <button type="button" className="icon" onClick={nextTheme} aria-label={`Theme: ${theme}. Change it`} title={`Theme: ${theme}`}><ThemeIcon size={16} aria-hidden="true" /></button>
            {session.token && <button type="button" className="icon" onClick={leave} aria-label="Sign out" title="Sign out"><LogOut size={16} aria-hidden="true" /></button>}
          </div>
        </div>
      </header>
      <main id="page" tabIndex={-1}>{children}</main>
    </div>
  )
}

/** Who is signed in, which leads to their account where there is one. */
function Who({ session, from }: { session: Session; from: 'app' | 'explorer' }) {
  const inside = <>{session.username}<span className="faint"> {session.role.toLowerCase()}</span></>
  if (!session.token) return <span className="who-name">{inside}</span>
  const props = { className: 'who-name', title: 'Your account' }
  return from === 'explorer' ? <a href={paths.account} {...props}>{inside}</a> : <Link href={paths.account} {...props}>{inside}</Link>
}

function Way({ to, label, Icon, elsewhere = false, from }: Place & { from: 'app' | 'explorer' }) {
  const [here] = useLocation()
  const current = to === '/' ? here === '/' || here.startsWith('/deckies/') : here === to || here.startsWith(`${to}/`)
  const inside = <><Icon size={17} aria-hidden="true" /><span>{label}</span></>
  const props = { className: 'way', 'aria-current': current ? 'page' as const : undefined }
  return elsewhere || from === 'explorer' ? <a href={to} {...props}>{inside}</a> : <Link href={to} {...props}>{inside}</Link>
}
