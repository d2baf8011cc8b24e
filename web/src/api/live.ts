// Streams that survive: one WebSocket for the page, and for each stream a loop that takes it up again where it broke off. graphql-ws could retry
// by itself, but only with the variables of the first time; a stream of ours goes on from the last cursor that it saw.
import { createClient, type Client } from 'graphql-ws'
import type { TypedDocumentString } from '../gql/graphql'
import { connection, newConnection, type Connection, type ConnectionEvent } from './connection'
import { ApiError, credentials, inWords, type Refusal } from './request'

/** The close code of a session that is over. */
export const forbidden = 4403
const pingEvery = 10_000
const pongWithin = 5_000
const longestWait = 10_000
/** A stream has no greeting of its own: one that stands this long counts as well. */
const wellAfter = 2_000

/** One stream. */
export interface Source<Result, Variables> {
  /** Tells streams apart in the connection's state. */
  name: string
  document: TypedDocumentString<Result, Variables>
  /** Called before each try: fetches what the stream goes on from, and gives its variables. */
  prepare(signal: AbortSignal): Promise<Variables>
  next(result: Result): void
  /** Called when the server no longer has what comes after the cursor; `prepare` follows. */
  expired?(): void
  /** Called when the server ends the stream, for one that has an end; without it, an end is a break. */
  ended?(): void
}

/** The page's streams. */
export class Live {
  #client: Client
  #connection = newConnection
  #listeners = new Set<() => void>()
  #waiting = new Set<() => void>()
  #signedOut: () => void
  #opened = false

  /** `signedOut` is called when the server no longer accepts the token, and `back` when the socket is open again: what somebody may do may have changed meanwhile. */
  constructor(token: string | null, signedOut: () => void, back: () => void) {
    this.#signedOut = signedOut
    this.#client = openSocket(token, {
      opened: () => {
        this.#note({ type: 'opened', at: Date.now() })
        if (this.#opened) back()
        this.#opened = true
      },
      closed: (code, reason) => {
        this.#note({ type: 'closed', reason, at: Date.now() })
        if (code === forbidden) signedOut()
      },
    })
    addEventListener('online', this.#wake)
  }

  /** How the connection stands, for useSyncExternalStore. */
  get = (): Connection => this.#connection
  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Follows a stream until the function that it returns is called. */
  follow<Result, Variables extends Record<string, unknown>>(source: Source<Result, Variables>): () => void {
    const stop = new AbortController()
    void this.#loop(source, stop.signal)
    return () => {
      stop.abort()
      this.#note({ type: 'stream well', stream: source.name, at: Date.now() })
    }
  }

  dispose(): void {
    removeEventListener('online', this.#wake)
    void this.#client.dispose()
  }

  async #loop<Result, Variables extends Record<string, unknown>>(source: Source<Result, Variables>, stop: AbortSignal) {
    const well = () => this.#note({ type: 'stream well', stream: source.name, at: Date.now() })
    for (let tries = 0; !stop.aborted; tries++) {
      try {
        const variables = await source.prepare(stop)
        if (stop.aborted) return
        await this.#once(source, variables, stop, () => {
          tries = 0
          well()
        })
        if (stop.aborted) return
        if (source.ended) {
          well()
          return source.ended()
        }
        throw new Error('The server ended the stream.')
      } catch (problem) {
        if (stop.aborted) return
        if (problem instanceof ApiError && problem.has('UNAUTHENTICATED')) return this.#signedOut()
        this.#note({ type: 'stream broken', stream: source.name, reason: inWords(problem), at: Date.now() })
        if (problem instanceof ApiError && problem.has('CURSOR_EXPIRED')) source.expired?.()
        await this.#wait(pause(tries), stop)
      }
    }
  }

  #once<Result, Variables extends Record<string, unknown>>(
    source: Source<Result, Variables>, variables: Variables, stop: AbortSignal, well: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const stands = setTimeout(well, wellAfter)
      let cancel = () => {}
      const end = (settle: () => void) => {
        clearTimeout(stands)
        stop.removeEventListener('abort', cancel)
        settle()
      }
      const unsubscribe = this.#client.subscribe<Result>(
        { query: source.document.toString(), variables },
        {
          next: ({ data, errors }) => {
            if (errors?.length) {
              end(() => reject(new ApiError(errors as unknown as Refusal[])))
              unsubscribe()
              return
            }
            if (!data || stop.aborted) return
            well()
            source.next(data)
          },
          error: (problem) => end(() => reject(asError(problem))),
          complete: () => end(resolve),
        },
      )
      cancel = unsubscribe
      stop.addEventListener('abort', cancel, { once: true })
    })
  }

  #wait(milliseconds: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      this.#waiting.add(done)
      stop.addEventListener('abort', done, { once: true })
    })
  }

  // The network is back: don't sit out the pause.
  #wake = () => this.#waiting.forEach((done) => done())

  #note(event: ConnectionEvent) {
    this.#connection = connection(this.#connection, event)
    this.#listeners.forEach((listener) => listener())
  }
}

/** How long to wait before a try: longer each time, and not the same for all whom a restarted server lost at once. */
export function pause(tries: number, random: () => number = Math.random): number {
  return Math.min(longestWait, 250 * 2 ** tries) * (0.5 + random() / 2)
}

/** Opens the API's WebSocket, when it is first needed. A server that no longer answers pings is taken for gone. */
export function openSocket(token: string | null, on: { opened(): void; closed(code: number, reason: string): void }): Client {
  let overdue: ReturnType<typeof setTimeout> | undefined
  const client = createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: credentials(token),
    retryAttempts: 0,
    lazyCloseTimeout: 3_000,
    keepAlive: pingEvery,
    on: {
      connected: on.opened,
      ping: (received) => {
        if (!received) overdue = setTimeout(() => client.terminate(), pongWithin)
      },
      pong: (received) => {
        if (received) clearTimeout(overdue)
      },
      closed: (event) => {
        clearTimeout(overdue)
        const { code, reason } = event as CloseEvent
        on.closed(code, closeReason(code, reason))
      },
    },
  })
  return client
}

function closeReason(code: number, reason: string): string {
  return reason ? `${reason} (${code})` : `The connection broke (${code}).`
}

/** Makes an Error of what graphql-ws gives a sink: the server's refusals, the socket's close event, or what was thrown. */
export function asError(problem: unknown): Error {
  if (Array.isArray(problem)) return new ApiError(problem as Refusal[])
  if (problem instanceof Error) return problem
  const { code, reason } = problem as Partial<CloseEvent>
  return new Error(code === undefined ? 'The connection could not be made.' : closeReason(code, reason ?? ''))
}
