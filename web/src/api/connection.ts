// What the page says of its connection. A pure reducer, so that the page can't claim to be live when it is not.

/** How the streams stand. `since` is in milliseconds since 1970. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'live'; since: number }
  | { kind: 'reconnecting'; since: number; reason: string }

/** All that is known of the connection. */
export interface Connection {
  socket: 'new' | 'open' | 'closed'
  /** Why, for each stream that is broken, by its name. */
  broken: Readonly<Record<string, string>>
  state: ConnectionState
}

export type ConnectionEvent =
  | { type: 'opened'; at: number }
  | { type: 'closed'; reason: string; at: number }
  | { type: 'stream broken'; stream: string; reason: string; at: number }
  | { type: 'stream well'; stream: string; at: number }

export const newConnection: Connection = { socket: 'new', broken: {}, state: { kind: 'connecting' } }

export function connection(before: Connection, event: ConnectionEvent): Connection {
  switch (event.type) {
    case 'opened':
      return judge({ ...before, socket: 'open' }, event.at)
    case 'closed':
      return lost({ ...before, socket: 'closed' }, event)
    case 'stream broken':
      return lost({ ...before, broken: { ...before.broken, [event.stream]: event.reason } }, event)
    case 'stream well': {
      if (!(event.stream in before.broken)) return before
      const { [event.stream]: _, ...broken } = before.broken
      return judge({ ...before, broken }, event.at)
    }
  }
}

function judge(c: Connection, at: number): Connection {
  const well = c.socket === 'open' && Object.keys(c.broken).length === 0
  return well && c.state.kind !== 'live' ? { ...c, state: { kind: 'live', since: at } } : c
}

// However many tries fail, the break began with the first.
function lost(c: Connection, { reason, at }: { reason: string; at: number }): Connection {
  const since = c.state.kind === 'reconnecting' ? c.state.since : at
  return { ...c, state: { kind: 'reconnecting', since, reason } }
}
