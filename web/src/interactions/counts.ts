// Counts of interactions for the charts.
import type { Interaction } from '../data/documents'

export const ranges = { hour: { label: 'Last hour', span: 3_600_000, buckets: 60 }, day: { label: 'Last day', span: 86_400_000, buckets: 48 }, week: { label: 'Last week', span: 604_800_000, buckets: 56 } } as const

export type Range = keyof typeof ranges

export interface Bucket {
  /** When it begins, in milliseconds since 1970. */
  from: number
  count: number
}

/** How many there were in each stretch of the range that ends at `now`. */
export function byTime(interactions: readonly Interaction[], range: Range, now: number): Bucket[] {
  const { span, buckets } = ranges[range]
  const size = span / buckets
  const counts = Array.from({ length: buckets }, (_, i) => ({ from: now - span + i * size, count: 0 }))
  for (const { at } of interactions) {
    const bucket = counts[Math.floor((Date.parse(at) - (now - span)) / size)]
    if (bucket) bucket.count++
  }
  return counts
}

/** How many there were of each, most first; the rest are summed up as `others`. */
export function byName(interactions: readonly Interaction[], name: (i: Interaction) => string, most: number): { name: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const i of interactions) counts.set(name(i), (counts.get(name(i)) ?? 0) + 1)
  const sorted = [...counts].map(([of, count]) => ({ name: of, count })).sort((a, b) => b.count - a.count || a.name.localeCompare(b.name))
  const rest = sorted.slice(most).reduce((sum, { count }) => sum + count, 0)
  return rest > 0 ? [...sorted.slice(0, most), { name: 'others', count: rest }] : sorted
}
