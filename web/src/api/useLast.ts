import { useEffect, useState } from 'react'

/** The value, or while there is none the last one that there was: what is on the screen stays until its successor is here. */
export function useLast<Value>(value: Value | undefined): Value | undefined {
  const [last, setLast] = useState(value)
  useEffect(() => {
    if (value !== undefined) setLast(value)
  }, [value])
  return value ?? last
}
