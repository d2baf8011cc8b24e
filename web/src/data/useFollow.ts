// Some lifecycles from their first step to their last: first what the journal has of them, then what comes, from the same cursor on.
import { useEffect, useState } from 'react'
import { useApp } from '../app/context'
import { request } from '../api/request'
import { batched } from './batched'
import { lifecycleEvents, lifecyclesByIds, lifecyclesFollowed, type LifecycleEvent } from './documents'
import { emptyJournal, journal, type Journal } from './journal'
import { nodes } from './nodes'

const pageSize = 200

/** The journal of these lifecycles, live until the last of them is over. Null until the server has answered. */
export function useFollow(ids: readonly string[]): Journal | null {
  const { client, data } = useApp()
  const [known, setKnown] = useState<Journal | null>(null)
  const wanted = ids.join(' ')
  useEffect(() => {
    if (!wanted) return
    const list = wanted.split(' ')
    let state = emptyJournal
    let cursor: string | null = null
    const see = (next: Journal) => setKnown((state = next))
    const seen = batched<LifecycleEvent>((events) => see(journal(state, { type: 'events', events }, Infinity)))
    const readPast = async () => {
      for (let from = 0; from < list.length; from += pageSize) {
        const { lifecycles } = await request(client, lifecyclesByIds, { ids: list.slice(from, from + pageSize), first: pageSize })
        state = journal(state, { type: 'history', lifecycles: nodes(lifecycles) }, Infinity)
      }
      for (let more = true; more;) {
        const { lifecycleEvents: page } = await request(client, lifecycleEvents, { ids: list, after: cursor, first: pageSize })
        state = journal(state, { type: 'events', events: page.events }, Infinity)
        cursor = page.cursor
        more = page.hasNextPage
      }
      see(state)
    }
    return data.live.follow({
      name: `lifecycles ${list[0]}`,
      document: lifecyclesFollowed,
      prepare: async () => {
        if (cursor === null) await readPast()
        return { ids: list, after: cursor }
      },
      next: ({ lifecycleUpdated: event }) => {
        cursor = event.cursor
        seen(event)
      },
      expired: () => (cursor = null),
      ended: () => {},
    })
  }, [client, data, wanted])
  return known
}
