// Who is signed in. The token lives as long as the tab: sessionStorage, never a cookie, so no other site's request can carry it.
import { graphql } from '../gql'
import type { Role } from '../gql/graphql'
import { makeClient } from '../api/client'
import { request } from '../api/request'

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
}

const viewerQuery = graphql(`
  query Viewer {
    viewer {
      username
      role
      passwordDue
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

interface Kept {
  token: string
  expiresAt: string
}

function kept(): Kept | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    const { token, expiresAt } = (value ?? {}) as Partial<Kept>
    return token && expiresAt && Date.parse(expiresAt) > Date.now() ? { token, expiresAt } : null
  } catch {
    return null // not ours, or storage is turned off: sign in
  }
}

/** Asks the server who we are; null: nobody, so sign in. Throws when the server can't be asked. */
export async function probe(): Promise<Session | null> {
  const k = kept()
  const { viewer } = await request(makeClient(k?.token ?? null), viewerQuery, {})
  if (viewer) return { token: k?.token ?? null, expiresAt: k?.expiresAt ?? null, ...viewer }
  forget()
  return null
}

/** Signs in, and remembers it for this tab. */
export async function signIn(username: string, password: string): Promise<Session> {
  const { token, expiresAt, viewer } = (await request(makeClient(null), loginMutation, { username, password })).login
  sessionStorage.setItem(key, JSON.stringify({ token, expiresAt } satisfies Kept))
  return { token, expiresAt, ...viewer }
}

/** Changes the password; the session goes on. */
export async function changePassword(session: Session, current: string, next: string): Promise<Session> {
  await request(makeClient(session.token), changePasswordMutation, { current, new: next })
  return { ...session, passwordDue: false }
}

/** Ends the token on the server and forgets it. Without a server it is only forgotten: it ends by itself. */
export async function signOut(session: Session): Promise<void> {
  forget()
  await request(makeClient(session.token), logoutMutation, {}).catch(() => {})
}

/** Forgets the token. */
export const forget = (): void => sessionStorage.removeItem(key)
