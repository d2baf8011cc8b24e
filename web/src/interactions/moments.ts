// Moments as the address and the API have them, and as a field for a date and a time has them: in the reader's zone, to the minute.

export const isMoment = (text: string): boolean => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))

/** For the field; empty where there is none, or what is no moment. */
export function toLocal(at: string | null): string {
  if (!at || !isMoment(at)) return ''
  const d = new Date(at)
  const [year, ...rest] = [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes()].map((n, i) => String(n).padStart(i === 0 ? 4 : 2, '0'))
  return `${year}-${rest[0]}-${rest[1]}T${rest[2]}:${rest[3]}`
}

/** For the address. */
export const fromLocal = (local: string): string => (isMoment(local) ? new Date(local).toISOString() : '')
