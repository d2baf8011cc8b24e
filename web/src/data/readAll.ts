import { nodes } from './nodes'
import type { Page } from './pages'

/** How many elements are read at most. */
export const most = 20_000

/** Reads a list to its end, or so far as is read at all, each element as a line of JSON. `told` hears how far it is; it ends early when nobody waits any more. */
export async function readAll(
  read: (after: string | null) => Promise<Page<unknown>>, told: (n: number) => void, left: () => boolean,
): Promise<{ lines: string[]; whole: boolean }> {
  const lines: string[] = []
  let after: string | null = null
  do {
    const page: Page<unknown> = await read(after)
    lines.push(...nodes(page).map((node) => JSON.stringify(node)))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor ?? null : null
    told(lines.length)
  } while (after !== null && lines.length < most && !left())
  return { lines, whole: after === null }
}
