// What the app knows of the fleet: three streams into three stores. They run while somebody is signed in, whatever page is open, so that going from
// page to page neither misses nor repeats anything.
import type { Client } from '@urql/core'
import { Live } from '../api/live'
import { request } from '../api/request'
import { batched } from './batched'
import { deckies, type Deckies, type DeckiesAction } from './deckies'
import {
  deckyIds, deckyUpdated, interactionHistory, interactionRecorded, journalCursor, lifecycleHistory, lifecycleUpdated,
  type Decky, type Interaction, type LifecycleEvent,
} from './documents'
import { feed, keptInteractions, type Feed } from './feed'
import { emptyJournal, journal, keptLifecycles, type Journal, type JournalAction } from './journal'
import { nodes } from './nodes'
import { Store } from './store'

const pageSize = 200
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

  constructor(client: Client, token: string | null, expired: () => void, back: () => void) {
    this.#client = client
    this.live = new Live(token, expired, back)
    this.#followDeckies()
    this.#followJournal()
    this.#followInteractions()
  }

  dispose(): void {
    this.live.dispose()
  }

  #followDeckies() {
    const saw = batched<Decky>((items) => this.#told({ type: 'seen', deckies: items }), gather)
    this.live.follow({
      name: 'deckies',
      document: deckyUpdated,
      prepare: async () => {
        // The stream tells who goes while it stands. Who went before is not among those that are there now.
        this.#told({ type: 'listed', ids: await allDeckyIds(this.#client) })
        return {}
      },
      next: ({ deckyUpdated: decky }) => saw(decky),
    })
  }

  #told(action: DeckiesAction) {
    this.deckies.set(deckies(this.deckies.get() ?? new Map(), action))
  }

  #followJournal() {
    let cursor: string | null = null
    const saw = batched<LifecycleEvent>((events) => this.#tell({ type: 'events', events }), gather)
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

async function allDeckyIds(client: Client): Promise<Set<string>> {
  const ids = new Set<string>()
  for (let after: string | null = null, more = true; more;) {
    const { deckies: page }: { deckies: IdPage } = await request(client, deckyIds, { first: pageSize, after })
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
