import type { Sample } from './useSample'

/** How many interactions the evidence pages look at, at most. */
export const looked = 4_000

/** What a count is of, in words. */
export function scope({ interactions, more }: Sample): string {
  if (!interactions) return ''
  return more ? `Of the newest ${interactions.length} interactions.` : `Of all ${interactions.length} interactions.`
}
