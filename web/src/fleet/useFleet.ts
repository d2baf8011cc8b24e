// The fleet, live: three streams into three reducers.
import { useEffect, useReducer, useState } from 'react'
import { request } from '../api/request'
import { Live } from '../api/live'
import type { PageProps } from '../session/Page'
import { batched } from './batched'
import { deckies, type Deckies } from './deckies'
import {
  deckyIds, deckyUpdated, interactionHistory, interactionRecorded, journalCursor, lifecycleHistory, lifecycleUpdated,
  type Decky, type Interaction, type LifecycleEvent,
} from './documents'
import { feed, keptInteractions, type Feed } from './feed'
import { emptyJournal, journal, keptLifecycles, type Journal } from './journal'

const pageSize = 200
const listAgainAfter = 1_000

/** What the page shows. */
export interface Fleet {
  /** Null until the server was first asked who is there. */
  deckies: Deckies | null
  journal: Journal
  interactions: Feed
  live: Live | null
}

export function useFleet({ session: { token }, expired }: PageProps): Fleet {
  const [fleet, seeDeckies] = useReducer(deckies, new Map())
  const [known, setKnown] = useState(false)
  const [entries, seeJournal] = useReducer(journal, emptyJournal)
  const [interactions, seeInteractions] = useReducer(feed, new Map())
  const [live, setLive] = useState<Live | null>(null)

  useEffect(() => {
    const stopped = new AbortController()
    const streams = new Live(token, expired)
    setLive(streams)

    const seen = new Set<string>()
    const gone = new Set<string>()
    const list = async (signal: AbortSignal) => {
      const before = new Set(seen)
      const ids = await allDeckyIds(token, signal)
      seeDeckies({ type: 'listed', before, ids })
      for (const id of before) if (!ids.has(id)) gone.add(id)
      setKnown(true)
    }
    const listUntilDone = (): unknown => list(stopped.signal).catch(() => stopped.signal.aborted || setTimeout(listUntilDone, listAgainAfter))
    const sawDecky = batched<Decky>((items) => seeDeckies({ type: 'seen', deckies: items }))
    streams.follow({
      name: 'deckies',
      document: deckyUpdated,
      prepare: async (signal) => {
        await list(signal)
        return {}
      },
      next: ({ deckyUpdated: decky }) => {
        if (gone.has(decky.id)) return // this stream is behind: an ID never comes back
        seen.add(decky.id)
        sawDecky(decky)
      },
    })

    let cursor: string | null = null
    const sawEvents = batched<LifecycleEvent>((events) => {
      seeJournal({ type: 'events', events })
      if (events.some(({ status, lifecycle }) => lifecycle.operation === 'TEARDOWN' && status === 'SUCCEEDED')) {
        listUntilDone()
      }
    })
    streams.follow({
      name: 'lifecycles',
      document: lifecycleUpdated,
      prepare: async (signal) => {
        if (cursor === null) {
          // The cursor first: what happens between the two is told twice and shown once, not missed.
          const { journalCursor: now } = await request(journalCursor, {}, token, signal)
          const { lifecycles } = await request(lifecycleHistory, { first: keptLifecycles }, token, signal)
          seeJournal({ type: 'history', lifecycles: nodes(lifecycles) })
          cursor = now
        }
        return { after: cursor }
      },
      next: ({ lifecycleUpdated: event }) => {
        cursor = event.cursor
        sawEvents(event)
      },
      expired: () => {
        cursor = null
        seeJournal({ type: 'expired' })
      },
    })

    let newest: string | null = null
    const sawInteraction = batched<Interaction>(seeInteractions)
    streams.follow({
      name: 'interactions',
      document: interactionRecorded,
      prepare: async (signal) => {
        if (newest === null) {
          const { interactions } = await request(interactionHistory, { last: keptInteractions }, token, signal)
          const past = nodes(interactions)
          seeInteractions(past)
          newest = past.at(-1)?.cursor ?? null
        }
        return { after: newest }
      },
      next: ({ interactionRecorded: interaction }) => {
        newest = interaction.cursor
        sawInteraction(interaction)
      },
      expired: () => (newest = null),
    })

    return () => {
      stopped.abort()
      streams.dispose()
    }
  }, [token, expired])

  return { deckies: known ? fleet : null, journal: entries, interactions, live }
}

async function allDeckyIds(token: string | null, signal: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>()
  const from = async (after: string | null): Promise<void> => {
    const { deckies } = await request(deckyIds, { first: pageSize, after }, token, signal)
    nodes(deckies).forEach(({ id }) => ids.add(id))
    if (deckies.pageInfo.hasNextPage) await from(deckies.pageInfo.endCursor ?? null)
  }
  await from(null)
  return ids
}

interface Connection<Node> {
  edges?: readonly ({ node?: Node | null } | null)[] | null
}

const nodes = <Node,>({ edges }: Connection<Node>): Node[] => (edges ?? []).flatMap((edge) => edge?.node ?? [])
