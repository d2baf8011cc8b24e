import { useEffect, useState } from 'react'
import { useAsk } from '../api/useAsk'
import { useLast } from '../api/useLast'
import { touchesOf } from '../evidence/documents'
import { useMinute } from './clock'
import { Spark } from './Spark'

const day = 86_400_000
/** Who scrolls past wants no answer: how long a line is in sight before the server is asked, in milliseconds. */
const inSight = 400

interface Props {
  /** The decky's ID. */
  decky: string
  /** Its newest interaction that the page was told of: with another one the line is drawn anew. */
  newest: string | undefined
}

/** How often a decky was touched, hour by hour over the last day. */
export function Touches({ decky, newest }: Props) {
  const to = useMinute()
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSeen(true), inSight)
    return () => clearTimeout(timer)
  }, [])
  const span = { from: new Date(to - day).toISOString(), to: new Date(to).toISOString() }
  const { data, again } = useAsk(touchesOf, { decky, ...span }, !seen)
  const [drawn, setDrawn] = useState(newest)
  useEffect(() => {
    if (!seen || newest === drawn) return
    setDrawn(newest)
    again()
  }, [seen, newest, drawn, again])
  const counts = useLast(data)?.interactionStats.overTime.map((b) => b.count)
  return <Spark counts={counts} label="touches in the last day" />
}
