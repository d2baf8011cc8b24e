const units = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1_000]] as const

/** A length of time for people, in its two largest units: `1 h 4 min`, `12 s`, `40 ms`. */
export function inTime(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`
  const parts: string[] = []
  let rest = milliseconds
  for (const [name, size] of units) {
    const n = Math.floor(rest / size)
    rest -= n * size
    if (n > 0) parts.push(`${n} ${name}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

/** Go's form of a length (`24h0m0s`) without its empty ends: `24h`. */
export const shortDuration = (go: string): string => go.replace(/^(.*m)0s$/, '$1').replace(/^(.*h)0m$/, '$1')
