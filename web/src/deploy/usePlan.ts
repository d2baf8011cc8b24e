import { useCallback, useEffect, useState } from 'react'
import { useApp } from '../app/context'
import { useBack } from '../app/useBack'
import { ApiError, inWords, request } from '../api/request'
import { deploy, type Planned } from '../data/documents'
import { fieldOf, type Fault } from './draft'
import type { DeployInput } from '../gql/graphql'

/** What the server would make of an input. */
export interface Plan {
  planned: readonly Planned[] | null
  problem: Fault | null
  /** The plan is of an earlier input, and a newer one is being asked for. */
  stale: boolean
}

/** How long the form rests before the server is asked, in milliseconds. */
const rest = 250

/** The plan of an input, asked again as the input changes, and as deckies come and go: then names and addresses are no longer the same. Null: there is nothing to ask yet. */
export function usePlan(input: DeployInput | null, there: number): Plan {
  const { client } = useApp()
  const [plan, setPlan] = useState<Plan & { of: string | null; reason: Error | null }>({ planned: null, problem: null, stale: false, of: null, reason: null })
  const [turn, setTurn] = useState(0)
  useBack(plan.reason, useCallback(() => setTurn((n) => n + 1), []))
  const wanted = input && JSON.stringify({ input, there })
  useEffect(() => {
    if (!wanted) return
    let left = false
    const timer = setTimeout(() => {
      request(client, deploy, { input: { ...(JSON.parse(wanted) as { input: DeployInput }).input, dryRun: true } }).then(
        ({ deploy: { planned } }) => left || setPlan({ planned, problem: null, stale: false, of: wanted, reason: null }),
        (reason: Error) => left || setPlan({ planned: null, problem: faultOf(reason), stale: false, of: wanted, reason }),
      )
    }, rest)
    return () => {
      left = true
      clearTimeout(timer)
    }
  }, [client, wanted, turn])
  return { ...plan, stale: plan.of !== wanted }
}

// Said at its field, a refusal needs no path before it.
function faultOf(reason: unknown): Fault {
  const refusal = reason instanceof ApiError ? reason.refusals[0] : undefined
  const field = fieldOf(refusal?.extensions?.argument)
  return { field, words: field && refusal ? refusal.message : inWords(reason) }
}
