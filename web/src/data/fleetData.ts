// What the app knows of the fleet: three streams into three stores. They run while somebody is signed in, whatever page is open, so that going from
// page to page neither misses nor repeats anything.
import type { Client } from '@urql/core'
import { Live } from '../api/live'
import { request } from '../api/request'
import type { DeckyWhereInput, LifecycleOperation, LifecycleStatus } from '../gql/graphql'
import { batched } from './batched'
import { deckies, type Deckies } from './deckies'
import {
  deckyIds, deckyUpdated, interactionHistory, interactionRecorded, journalCursor, lifecycleHistory, lifecycleUpdated,
  type Decky, type Interaction, type LifecycleEvent,
} from './documents'
import { feed, keptInteractions, type Feed } from './feed'
import { emptyJournal, journal, keptLifecycles, type Journal, type JournalAction } from './journal'
import { nodes } from './nodes'
import { Store } from './store'

const pageSize = 200
const lookAgainAfter = 1_000
/** The ends of lifecycles after which a decky may be gone. */
const endings: Partial<Record<LifecycleOperation, LifecycleStatus>> = { TEARDOWN: 'SUCCEEDED', DEPLOY: 'CANCELED' }
/** How long changes are gathered before the page draws them, in milliseconds: a fleet of thousands changes more often than anybody looks. */
const gather = 120

/** The live data of one session. */
export class FleetData {
  readonly live: Live
  /** Null until the server was first asked who is there. */
  readonly deckies = new Store<Deckies | null>(null)
  readonly journal = new Store<Journal>(emptyJournal)
  readonly interactions = new Store<Feed>(new Map())
  #client: Client
  #seen = new Map<string, Decky>()
  #gone = new Set<string>()
  #stopped = false

  constructor(client: Client, token: string | null, expired: () => void) {
    this.#client = client
    this.live = new Live(token, expired)
    this.#followDeckies()
    this.#followJournal()
    this.#followInteractions()
  }

  dispose(): void {
    this.#stopped = true
    this.live.dispose()
  }

  #followDeckies() {
    const saw = batched<Decky>((items) => this.deckies.get() && this.#see(items), gather)
    this.live.follow({
      name: 'deckies',
      document: deckyUpdated,
      prepare: async () => {
        const before = new Set(this.#seen.keys())
        this.#miss(before, await deckyIdsThere(this.#client), this.deckies.get() ?? new Map())
        return {}
      },
      next: ({ deckyUpdated: decky }) => {
        if (this.#gone.has(decky.id)) return // this stream is behind: an ID never comes back
        this.#seen.set(decky.id, decky)
        saw(decky)
      },
    })
  }

  #see(items: readonly Decky[]) {
    this.deckies.set(deckies(this.deckies.get() ?? new Map(), { type: 'seen', deckies: items.filter((d) => !this.#gone.has(d.id)) }))
  }

  // Who is of `before` and not `there` is gone.
  #miss(before: ReadonlySet<string>, there: ReadonlySet<string>, known = this.deckies.get()) {
    for (const id of before) {
      if (there.has(id)) continue
      this.#gone.add(id)
      this.#seen.delete(id)
    }
    if (known) this.deckies.set(deckies(known, { type: 'listed', before, ids: there }))
  }

  // The decky of a deploy that was canceled may be there: somebody else has wished anew.
  #lookFor = (ids: readonly string[]): unknown =>
    this.#stopped || deckyIdsThere(this.#client, { idIn: [...ids] })
      .then((there) => this.#miss(new Set(ids), there))
      .catch(() => this.#stopped || setTimeout(() => this.#lookFor(ids), lookAgainAfter))

  #followJournal() {
    let cursor: string | null = null
    const saw = batched<LifecycleEvent>((events) => {
      this.#tell({ type: 'events', events })
      const leaving = events.filter(({ status, lifecycle: { operation } }) => endings[operation] === status).map((e) => e.lifecycle.deckyId)
      for (let i = 0; i < leaving.length; i += pageSize) this.#lookFor(leaving.slice(i, i + pageSize))
    }, gather)
    this.live.follow({
      name: 'lifecycles',
      document: lifecycleUpdated,
      prepare: async () => {
        if (cursor === null) {
          // The cursor first: what happens between the two is told twice and shown once, not missed.
          const { journalCursor: now } = await request(this.#client, journalCursor, {})
          const { lifecycles } = await request(this.#client, lifecycleHistory, { first: keptLifecycles })
          this.#tell({ type: 'history', lifecycles: nodes(lifecycles) })
          cursor = now
        }
        return { after: cursor }
      },
      next: ({ lifecycleUpdated: event }) => {
        cursor = event.cursor
        saw(event)
      },
      expired: () => {
        cursor = null
        this.#tell({ type: 'expired' })
      },
    })
  }

  #tell(action: JournalAction) {
    this.journal.set(journal(this.journal.get(), action))
  }

  #followInteractions() {
    let newest: string | null = null
    const saw = batched<Interaction>((items) => this.#feed(items), gather)
    this.live.follow({
      name: 'interactions',
      document: interactionRecorded,
      prepare: async () => {
        if (newest === null) {
          const { interactions } = await request(this.#client, interactionHistory, { last: keptInteractions })
          const past = nodes(interactions)
          this.#feed(past)
          newest = past.at(-1)?.cursor ?? null
        }
        return { after: newest }
      },
      next: ({ interactionRecorded: interaction }) => {
        newest = interaction.cursor
        saw(interaction)
      },
      expired: () => (newest = null),
    })
  }

  #feed(items: readonly Interaction[]) {
    this.interactions.set(feed(this.interactions.get(), items))
  }
}

/** The IDs of all deckies that are there, or of those that `where` picks. */
async function deckyIdsThere(client: Client, where: DeckyWhereInput | null = null): Promise<Set<string>> {
  const ids = new Set<string>()
  for (let after: string | null = null, more = true; more;) {
    const { deckies: page }: { deckies: IdPage } = await request(client, deckyIds, { first: pageSize, after, where })
    nodes(page).forEach(({ id }) => ids.add(id))
    after = page.pageInfo.endCursor ?? null
    more = page.pageInfo.hasNextPage
  }
  return ids
}

interface IdPage {
  edges?: readonly ({ node?: { id: string } | null } | null)[] | null
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}
