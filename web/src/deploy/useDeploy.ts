import { useEffect, useState } from 'react'
import { useApp } from '../app/context'
import { ApiError, inWords, request } from '../api/request'
import { deploy } from '../data/documents'
import { beginAnew } from './draft'
import { deploys, drop, keep, keysLast, type Deploy } from './kept'

export type Sending =
  | { kind: 'unknown' }
  | { kind: 'sending'; deploy: Deploy; problem: string | null }
  | { kind: 'refused'; deploy: Deploy; problem: string }
  | { kind: 'accepted'; deploy: Deploy; lifecycleIds: readonly string[] }

const tryAgainAfter = 1_500

/** Sends a deploy that is kept and was not answered yet. A server that does not answer is asked again, under the same key: it does it once. */
export function useDeploy(key: string): [Sending, (lifecycleIds: readonly string[]) => void] {
  const { client } = useApp()
  const [sending, setSending] = useState<Sending>(() => begin(key))
  const asking = sending.kind === 'sending' ? sending.deploy : null
  useEffect(() => {
    if (!asking) return
    let timer: ReturnType<typeof setTimeout>
    let left = false
    const send = () =>
      request(client, deploy, { input: asking.input }).then(
        ({ deploy: { lifecycleIds } }) => {
          keep({ ...asking, lifecycleIds })
          beginAnew()
          if (!left) setSending({ kind: 'accepted', deploy: asking, lifecycleIds })
        },
        (reason) => {
          if (reason instanceof ApiError) {
            drop(asking.key)
            if (!left) setSending({ kind: 'refused', deploy: asking, problem: inWords(reason) })
          } else if (!left) {
            setSending({ kind: 'sending', deploy: asking, problem: inWords(reason) })
            timer = setTimeout(send, tryAgainAfter)
          }
        },
      )
    void send()
    return () => {
      left = true
      clearTimeout(timer)
    }
  }, [client, asking])

  const follow = (lifecycleIds: readonly string[]) => {
    setSending((before) => {
      if (before.kind !== 'accepted') return before
      keep({ ...before.deploy, lifecycleIds })
      return { ...before, lifecycleIds }
    })
  }
  return [sending, follow]
}

function begin(key: string): Sending {
  const known = deploys().find((d) => d.key === key)
  if (!known) return { kind: 'unknown' }
  if (known.lifecycleIds) return { kind: 'accepted', deploy: known, lifecycleIds: known.lifecycleIds }
  if (Date.now() - Date.parse(known.at) > keysLast) return { kind: 'unknown' }
  return { kind: 'sending', deploy: known, problem: null }
}
