import { useState } from 'react'
import { useApp } from '../app/context'
import { inFormWords, request } from '../api/request'
import type { TypedDocumentString } from '../gql/graphql'

/** A change that a dialog asks for, and what it says of it. */
export interface Send {
  busy: boolean
  problem: string | null
  /** Asks; resolves with the answer, or with null when it was refused: then `problem` says why. */
  send: <Result, Variables extends Record<string, unknown>>(document: TypedDocumentString<Result, Variables>, variables: Variables) => Promise<Result | null>
}

/** Sends a dialog's change. It stays open until the server has taken it. */
export function useSend(): Send {
  const { client } = useApp()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const send: Send['send'] = async (document, variables) => {
    setBusy(true)
    setProblem(null)
    try {
      return await request(client, document, variables)
    } catch (reason) {
      setProblem(inFormWords(reason))
      return null
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, send }
}
