// In which order a list of evidence is, as it stands in the address: `interactions` begins with the most, `interactions-up` with the fewest.

export interface Order<Field extends string> {
  field: Field
  direction: 'ASC' | 'DESC'
}

const up = '-up'

/** Reads the address. What it does not understand is as if it were not there. */
export function fromAddress<Field extends string>(text: string | null, fields: readonly Field[], usual: Order<Field>): Order<Field> {
  const word = text?.endsWith(up) ? text.slice(0, -up.length) : text
  const field = fields.find((f) => f.toLowerCase() === word)
  return field ? { field, direction: word === text ? 'DESC' : 'ASC' } : usual
}

export const toAddress = ({ field, direction }: Order<string>): string => field.toLowerCase() + (direction === 'ASC' ? up : '')

/** The order after a column's heading was pressed: the most or the newest first, and what it is in already the other way round. */
export const pressed = (now: Order<string>, field: string): Order<string> => ({ field, direction: now.field === field && now.direction === 'DESC' ? 'ASC' : 'DESC' })
