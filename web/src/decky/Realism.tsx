import { ScanSearch } from 'lucide-react'
import { useEffect, useState } from 'react'
import { inWords, request } from '../api/request'
import { useAsk } from '../api/useAsk'
import { useApp } from '../app/context'
import type { Decky } from '../data/documents'
import { graphql } from '../gql'
import { Ago } from '../ui/Countdown'
import '../styles/decky.css'

const realismQuery = graphql(`
  query Realism($deployment: String!, $name: String!) {
    decky(deployment: $deployment, name: $name) {
      id
      realism {
        status
        by
        startedAt
        finishedAt
        problem
        probed
        unreachable
        findings {
          service
          tell
          severity
          detail
        }
      }
    }
  }
`)

const checkMutation = graphql(`
  mutation CheckDecky($input: CheckDeckyInput!) {
    checkDecky(input: $input) {
      decky {
        id
      }
    }
  }
`)

/** Whether it would fool someone: the last look at it as a scanner would look, and what gave it away. */
export function Realism({ decky }: { decky: Decky }) {
  const { client, mayChange } = useApp()
  const names = { deployment: decky.deployment.name, name: decky.name }
  const { data, again } = useAsk(realismQuery, names)
  const [problem, setProblem] = useState<string | null>(null)
  // The stream of deckies tells when a check begins and ends.
  useEffect(again, [again, decky])

  const check = data?.decky?.realism
  const running = check?.status === 'RUNNING'

  async function look() {
    setProblem(null)
    try {
      await request(client, checkMutation, { input: names })
      again()
    } catch (reason) {
      setProblem(inWords(reason))
    }
  }

  return (
    <section className="panel realism" aria-labelledby="realism">
      <h2 id="realism">Would it fool someone?</h2>
      <div role="status">
        {!check && <p className="faint">Nobody has looked at it yet as a scanner would who suspects a decoy.</p>}
        {running && <p>Looking at it as a scanner would…</p>}
        {check?.status === 'PASSED' && <p className="good-text">Nothing gave it away.</p>}
        {check?.status === 'FAILED' && <p className="problem">{check.problem}</p>}
        {check && check.findings.length > 0 && (
          <ul className="findings">
            {check.findings.map((f) => (
              <li key={`${f.service} ${f.tell}`} data-severity={f.severity}>
                <strong>{f.severity.toLowerCase()}</strong> <code>{f.service}</code> {f.detail}
              </li>
            ))}
          </ul>
        )}
      </div>
      {check?.finishedAt && (
        <p className="faint">
          <Ago at={check.finishedAt} />, for {check.by}: {check.probed.join(', ') || 'nothing'}
          {check.unreachable.length > 0 && <>; not reached: {check.unreachable.join(', ')}</>}.
        </p>
      )}
      {problem && <p role="alert" className="problem">{problem}</p>}
      {mayChange && (
        <button type="button" disabled={running} onClick={() => void look()}><ScanSearch size={16} aria-hidden="true" />Look at it as a scanner would</button>
      )}
    </section>
  )
}
