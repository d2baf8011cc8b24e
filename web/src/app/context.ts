import type { Client } from '@urql/core'
import { createContext, useContext } from 'react'
import type { FleetData } from '../data/fleetData'
import type { Session } from '../session/session'
import type { Actions } from './actions'

/** What every page of the app has at hand. */
export interface AppContext {
  session: Session
  client: Client
  data: FleetData
  actions: Actions
  /** Whether who is signed in may change the fleet. The server decides; this only spares people buttons that it would refuse. */
  mayChange: boolean
}

export const App = createContext<AppContext | null>(null)

/** The app around this component. */
export function useApp(): AppContext {
  const app = useContext(App)
  if (!app) throw new Error('useApp is for components within the app')
  return app
}
