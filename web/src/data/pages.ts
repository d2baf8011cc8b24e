// A list that is read page by page. It lives outside of React, so that whoever reads on and whoever looks again for news take turns.
import { nodes, type Connection } from './nodes'

/** A page of a list, with where the next one begins. */
export interface Page<Node> extends Connection<Node> {
  pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined }
}

/** What is known of a list. */
export interface Known<Node> {
  /** The pages that were read, as one; null until the first one is here. */
  list: readonly Node[] | null
  /** Where the next page begins; null: there is none, as far as is known. */
  after: string | null
  /** How many there are in all, where the server says. */
  total: number | null
  problem: Error | null
}

export class Pages<Node extends { id: string }> {
  #known: Known<Node> = { list: null, after: null, total: null, problem: null }
  #pages = 0
  #wanted = { again: false, older: false }
  #busy = false
  #stopped = false
  readonly #read: (after: string | null) => Promise<Page<Node> & { totalCount?: number }>
  readonly #tell: (known: Known<Node>) => void

  constructor(read: (after: string | null) => Promise<Page<Node> & { totalCount?: number }>, tell: (known: Known<Node>) => void) {
    this.#read = read
    this.#tell = tell
  }

  /** Reads what is shown anew: as many pages as were read, so that what somebody has paged to stays. */
  again = (): void => this.#want('again')

  /** Reads one more page. */
  older = (): void => this.#want('older')

  /** Tells nothing more. */
  stop(): void {
    this.#stopped = true
  }

  // One at a time. What is wanted meanwhile is done after it, once, however often it was wanted.
  #want(what: 'again' | 'older'): void {
    this.#wanted[what] = true
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    while (!this.#stopped && (this.#wanted.older || this.#wanted.again)) {
      const older = this.#wanted.older
      this.#wanted[older ? 'older' : 'again'] = false
      try {
        await (older ? this.#readOn(1, this.#known) : this.#readOn(Math.max(1, this.#pages), null))
      } catch (problem) {
        this.#set({ ...this.#known, problem: problem as Error })
      }
    }
    this.#busy = false
  }

  async #readOn(pages: number, from: Known<Node> | null): Promise<void> {
    if (from && from.after === null) return
    const list = new Map(from?.list?.map((node) => [node.id, node]))
    let after = from?.after ?? null
    let total: number | null = null
    let read = 0
    do {
      const page = await this.#read(after)
      if (this.#stopped) return
      read++
      // What moved while it was read is in two pages.
      for (const node of nodes(page)) if (!list.has(node.id)) list.set(node.id, node)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor ?? null : null
      total = page.totalCount ?? null
    } while (read < pages && after !== null)
    this.#pages = from ? this.#pages + read : read
    this.#set({ list: [...list.values()], after, total, problem: null })
  }

  #set(known: Known<Node>): void {
    if (this.#stopped) return
    this.#known = known
    this.#tell(known)
  }
}
