// Who is signed in. The token lives as long as the tab and those that it was handed to (tabs.ts): sessionStorage, never a cookie, so no other site's request
// can carry it.
import { graphql } from '../gql'
import type { Role } from '../gql/graphql'
import { makeClient } from '../api/client'
import { request, Unreachable } from '../api/request'
import { askTabs, tellLeft, type Kept } from './tabs'

const key = 'decnet.session'

/** Who may ask, and what they may do. */
export interface Session {
  /** Null where the server asks nobody to sign in. */
  token: string | null
  expiresAt: string | null
  username: string
  role: Role
  /** The password is somebody else's choice: nothing but changing it will do. */
  passwordDue: boolean
  /** They sign in at a provider, and have no password here. */
  external: boolean
}

const viewerQuery = graphql(`
  query Viewer {
    viewer {
      username
      role
      passwordDue
      external
    }
  }
`)

const loginMutation = graphql(`
  mutation Login($username: String!, $password: String!) {
    login(username: $username, password: $password) {
      token
      expiresAt
      viewer {
        username
        role
        passwordDue
        external
      }
    }
  }
`)

const changePasswordMutation = graphql(`
  mutation ChangePassword($current: String!, $new: String!) {
    changePassword(current: $current, new: $new) {
      ok
    }
  }
`)

const logoutMutation = graphql(`
  mutation Logout {
    logout {
      ok
    }
  }
`)

function kept(): Kept | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    const { token, expiresAt } = (value ?? {}) as Partial<Kept>
    return token && expiresAt && Date.parse(expiresAt) > Date.now() ? { token, expiresAt } : null
  } catch {
    return null // not ours, or storage is turned off: sign in
  }
}

function keep({ token, expiresAt }: Kept): void {
  sessionStorage.setItem(key, JSON.stringify({ token, expiresAt } satisfies Kept))
}

/** Where else people can sign in. */
export interface Provider {
  name: string
  /** Where the browser goes for it. */
  login: string
}

/** The provider where people may sign in, if the server has one. */
export async function provider(): Promise<Provider | null> {
  const answer = await fetch('/oidc/info').catch(() => null)
  return answer?.ok ? ((await answer.json()) as Provider | null) : null
}

/** Takes what a provider's sign-in left in the address: the token that waits for this page, or why there is none. */
async function returned(): Promise<string | null> {
  const said = new URLSearchParams(location.search)
  const failed = said.get('sign-in-failed')
  if (failed === null && !said.has('signed-in')) return null
  history.replaceState(null, '', location.pathname)
  if (failed !== null) return failed
  const answer = await fetch('/oidc/session', { method: 'POST', headers: { 'Content-Type': 'application/json' } }).catch(() => {
    throw new Unreachable('The server does not answer.')
  })
  if (answer.status !== 200) return 'The sign-in took too long. Sign in again.'
  const { token, expiresAt } = (await answer.json()) as Kept
  keep({ token, expiresAt })
  return null
}

/** What the server says of who is asking. */
export interface Found {
  /** Null: nobody, so sign in. */
  session: Session | null
  /** Why a sign-in at the provider came to nothing. */
  notice: string | null
}

/** Asks the server who we are; it throws when that can't be asked. */
export async function probe(): Promise<Found> {
  const notice = await returned()
  const mine = kept()
  const others = mine ?? notice ? null : askTabs() // they answer while the server does
  const session = await sessionOf(mine)
  if (session) return { session, notice: null }
  const theirs = await others
  if (theirs) {
    keep(theirs)
    const taken = await sessionOf(theirs)
    if (taken) return { session: taken, notice: null }
  }
  forget()
  return { session: null, notice }
}

/** Asks the server who we are by now; null when the token is no longer good. */
export const whoNow = (): Promise<Session | null> => sessionOf(kept())

async function sessionOf(k: Kept | null): Promise<Session | null> {
  const { viewer } = await request(makeClient(k?.token ?? null), viewerQuery, {})
  return viewer ? { token: k?.token ?? null, expiresAt: k?.expiresAt ?? null, ...viewer } : null
}

/** Signs in, and remembers it for this tab and those that ask it. */
export async function signIn(username: string, password: string): Promise<Session> {
  const { token, expiresAt, viewer } = (await request(makeClient(null), loginMutation, { username, password })).login
  keep({ token, expiresAt })
  return { token, expiresAt, ...viewer }
}

/** Changes the password; the session goes on. */
export async function changePassword(session: Session, current: string, next: string): Promise<Session> {
  await request(makeClient(session.token), changePasswordMutation, { current, new: next })
  return { ...session, passwordDue: false }
}

/** Ends the token on the server and forgets it, in the other tabs too. Without a server it is only forgotten: it ends by itself. */
export async function signOut(session: Session): Promise<void> {
  forget()
  if (session.token) tellLeft(session.token)
  await request(makeClient(session.token), logoutMutation, {}).catch(() => {})
}

/** Forgets the token. */
export const forget = (): void => sessionStorage.removeItem(key)
