import { useMemo } from 'react'
import { useApp } from '../app/context'
import { deckyKey } from './journal'
import { useStore } from './store'

/** The newest interaction with each decky that the page was told of, by deckyKey. */
export function useNewestTouches(): ReadonlyMap<string, string> {
  const { data } = useApp()
  const feed = useStore(data.interactions)
  return useMemo(() => new Map([...feed.values()].map((i) => [deckyKey(i.deploymentName, i.deckyName), i.id])), [feed])
}
