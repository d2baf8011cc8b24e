import { expect, test } from 'vitest'
import { most, readAll } from './readAll'

const list = (size: number, perPage: number) => (after: string | null) => {
  const from = Number(after ?? 0)
  const edges = Array.from({ length: Math.min(perPage, size - from) }, (_, i) => ({ node: { n: from + i } }))
  return Promise.resolve({ edges, pageInfo: { hasNextPage: from + perPage < size, endCursor: String(from + perPage) } })
}

test('a list is read to its end, each element once and on a line of its own', async () => {
  const heard: number[] = []
  const { lines, whole } = await readAll(list(5, 2), (n) => heard.push(n), () => false)
  expect(lines.map((l) => (JSON.parse(l) as { n: number }).n)).toEqual([0, 1, 2, 3, 4])
  expect(whole).toBe(true)
  expect(heard).toEqual([2, 4, 5])
})

test('what an intruder sent breaks no line', async () => {
  const { lines } = await readAll(() => Promise.resolve({ edges: [{ node: { secret: 'a\nb\r\u2028' } }], pageInfo: { hasNextPage: false } }), () => {}, () => false)
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toMatch(/[\n\r]/)
})

test('a list without end is read so far and said to be cut', async () => {
  const { lines, whole } = await readAll(list(Infinity, 500), () => {}, () => false)
  expect(lines).toHaveLength(most)
  expect(whole).toBe(false)
})

test('nothing more is asked once nobody waits', async () => {
  let left = false
  const { lines } = await readAll(list(Infinity, 10), () => void (left = true), () => left)
  expect(lines).toHaveLength(10)
})
