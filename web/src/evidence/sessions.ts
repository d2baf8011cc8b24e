// Conversations, attackers and credentials: what single interactions add up to.
import type { Interaction } from '../data/documents'
import { grouped } from '../data/grouped'

/** A conversation that has not been heard of for so long counts as over, in milliseconds: its end may have been lost. */
const silence = 3_600_000

/** One conversation of an intruder with a decky. */
export interface Session {
  id: string
  service: string
  deckyName: string
  deploymentName: string
  sourceIP: string
  first: string
  last: string
  count: number
  commands: number
  /** It was not seen to end. */
  open: boolean
}

/** The conversations that interactions, newest first, are part of; those heard of last come first. */
export function sessionsOf(interactions: readonly Interaction[], now = Date.now()): Session[] {
  const sessions = new Map<string, Session>()
  const ended = new Set<string>()
  for (const i of interactions) {
    if (i.type === 'disconnect') ended.add(i.session)
    const known = sessions.get(i.session)
    const { service, deckyName, deploymentName, sourceIP } = i
    sessions.set(i.session, known
      ? { ...known, first: i.at, count: known.count + 1, commands: known.commands + (i.command ? 1 : 0) }
      : { id: i.session, service, deckyName, deploymentName, sourceIP, first: i.at, last: i.at, count: 1, commands: i.command ? 1 : 0, open: false })
  }
  return [...sessions.values()].map((s) => ({ ...s, open: !ended.has(s.id) && now - Date.parse(s.last) < silence }))
}

/** Who came from one address. */
export interface Attacker {
  sourceIP: string
  first: string
  last: string
  count: number
  sessions: number
  deckies: readonly string[]
  services: readonly string[]
  credentials: number
}

/** The addresses that interactions, newest first, came from; those heard of last come first. */
export function attackersOf(interactions: readonly Interaction[]): Attacker[] {
  return [...grouped(interactions, (i) => i.sourceIP)].map(([sourceIP, some]) => ({
    sourceIP,
    first: some.at(-1)?.at ?? '',
    last: some[0]?.at ?? '',
    count: some.length,
    sessions: new Set(some.map((i) => i.session)).size,
    deckies: [...new Set(some.map((i) => i.deckyName))].sort(),
    services: [...new Set(some.map((i) => i.service))].sort(),
    credentials: credentialsOf(some).length,
  }))
}

/** A name and a secret that were tried. */
export interface Credential {
  principal: string
  secret: string
  count: number
  /** How many times a decoy let them in. */
  accepted: number
  services: readonly string[]
  sources: number
  last: string
}

/** What was tried to sign in with, most often tried first. */
export function credentialsOf(interactions: readonly Interaction[]): Credential[] {
  const tried = interactions.filter((i) => i.secret !== null && i.secret !== undefined)
  return [...grouped(tried, (i) => `${i.principal ?? ''}\0${i.secret}`).values()]
    .map((some) => ({
      principal: some[0]?.principal ?? '',
      secret: some[0]?.secret ?? '',
      count: some.length,
      accepted: some.filter((i) => i.outcome === 'accepted').length,
      services: [...new Set(some.map((i) => i.service))].sort(),
      sources: new Set(some.map((i) => i.sourceIP)).size,
      last: some[0]?.at ?? '',
    }))
    .sort((a, b) => b.count - a.count)
}
