import { expect, test } from 'vitest'
import { Pages, type Known, type Page } from './pages'

interface Row { id: string; n?: number }

/** A server that has these rows, two to a page; each answer waits until it is let go. */
function server(rows: readonly Row[]) {
  let now = rows
  const asked: { after: string | null; answer: () => void; fail: () => void }[] = []
  const read = (after: string | null) => new Promise<Page<Row> & { totalCount: number }>((done, failed) => {
    const answer = () => {
      const from = after === null ? 0 : Number(after)
      const some = now.slice(from, from + 2)
      done({ edges: some.map((node) => ({ node })), totalCount: now.length, pageInfo: { hasNextPage: from + 2 < now.length, endCursor: String(from + 2) } })
    }
    asked.push({ after, answer, fail: () => failed(new Error('gone')) })
  })
  const settled = () => new Promise<void>((done) => setTimeout(done))
  return {
    read, asked, has: (rows: readonly Row[]) => void (now = rows),
    next: async () => { asked.shift()?.answer(); await settled() },
    fail: async () => { asked.shift()?.fail(); await settled() },
  }
}

const rows = (...ids: string[]): Row[] => ids.map((id) => ({ id }))
const ids = (known: Known<Row> | undefined) => known?.list?.map((r) => r.id).join('')

function opened(all: readonly Row[]) {
  const from = server(all)
  const told: Known<Row>[] = []
  return { ...from, told, pages: new Pages(from.read, (known) => told.push(known)), last: () => told.at(-1) }
}

test('who has read on keeps what they read when something new comes', async () => {
  const { pages, next, has, last } = opened(rows('a', 'b', 'c', 'd', 'e'))
  pages.again()
  await next()
  pages.older()
  await next()
  expect(ids(last())).toBe('abcd')
  has(rows('z', 'a', 'b', 'c', 'd', 'e'))
  pages.again()
  await next()
  expect(ids(last()), 'half of the news is not shown').toBe('abcd')
  await next()
  expect(ids(last())).toBe('zabc')
  expect(last()?.total).toBe(6)
})

test('what is wanted in the middle of it is done after it, once', async () => {
  const { pages, next, asked, last } = opened(rows('a', 'b', 'c', 'd'))
  pages.again()
  pages.again()
  pages.again()
  await next()
  pages.older()
  pages.older()
  await next()
  await next()
  expect(asked.map((a) => a.after)).toEqual([])
  expect(ids(last())).toBe('abcd')
  expect(last()?.after).toBeNull()
})

test('what moves between pages while they are read is shown once', async () => {
  const { pages, next, has, last } = opened(rows('a', 'b', 'c', 'd'))
  pages.again()
  await next()
  has(rows('z', 'a', 'b', 'c', 'd'))
  pages.older()
  await next()
  expect(ids(last())).toBe('abc')
})

test('a failure leaves what was read, and the next answer ends it', async () => {
  const { pages, next, fail, last } = opened(rows('a', 'b'))
  pages.again()
  await next()
  pages.again()
  await fail()
  expect(last()?.problem?.message).toBe('gone')
  expect(ids(last())).toBe('ab')
  pages.again()
  await next()
  expect(last()?.problem).toBeNull()
})

test('a list that nobody looks at any more tells nothing', async () => {
  const { pages, next, told } = opened(rows('a'))
  pages.again()
  pages.stop()
  await next()
  expect(told).toEqual([])
})
