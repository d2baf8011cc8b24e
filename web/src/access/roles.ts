import type { Role } from '../gql/graphql'

/** The roles, each of which may do what those before it may, and what they are for. */
export const roles: Record<Role, string> = {
  VIEWER: 'sees everything but secrets, changes nothing',
  OPERATOR: 'changes the fleet',
  ADMIN: 'changes the fleet, and decides who else may do what',
}

const all = Object.keys(roles) as Role[]

/** The one of two roles that may do less. */
export const lesser = (a: Role, b: Role): Role => (all.indexOf(a) < all.indexOf(b) ? a : b)

/** The roles that somebody may hand on: their own, and those below. */
export const rolesUpTo = (role: Role): readonly Role[] => all.slice(0, all.indexOf(role) + 1)
