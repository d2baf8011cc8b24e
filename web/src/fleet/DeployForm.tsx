import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError, inWords, request } from '../api/request'
import type { ArchetypesQuery, DeployInput, DeployMutation } from '../gql/graphql'
import type { PageProps } from '../session/Page'
import { archetypes, deploy } from './documents'
import type { Run } from './useAction'

type Plan = DeployMutation['deploy']['planned']

/** Deploys deckies that are alike; a preview shows what the server would make of it, and changes nothing. */
export function DeployForm({ session: { token }, expired, run }: PageProps & { run: Run }) {
  const form = useRef<HTMLFormElement>(null)
  const [choices, setChoices] = useState<ArchetypesQuery['archetypes']>([])
  const [plan, setPlan] = useState<Plan | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  const failed = (reason: unknown) => {
    if (reason instanceof ApiError && reason.has('UNAUTHENTICATED')) return expired()
    setProblem(inWords(reason))
  }

  useEffect(() => {
    const left = new AbortController()
    request(archetypes, {}, token, left.signal).then((answer) => setChoices(answer.archetypes), (reason) => left.signal.aborted || failed(reason))
    return () => left.abort()
  }, [token])

  function input(): DeployInput {
    const fields = new FormData(form.current!)
    const archetype = String(fields.get('archetype'))
    return {
      deployment: String(fields.get('deployment')),
      deckies: [{ name: String(fields.get('name')), count: Number(fields.get('count')), ...(archetype && { archetype }) }],
    }
  }

  async function preview() {
    if (!form.current?.reportValidity()) return
    setProblem(null)
    try {
      setPlan((await request(deploy, { input: { ...input(), dryRun: true } }, token)).deploy.planned)
    } catch (reason) {
      setPlan(null)
      failed(reason)
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    setProblem(null)
    setPlan(null)
    const wanted = input()
    const [{ name, count }] = wanted.deckies as [DeployInput['deckies'] extends readonly (infer D)[] ? D : never]
    void run(`Deploy ${name}${count! > 1 ? ` × ${count}` : ''}`, async () => (await request(deploy, { input: wanted }, token)).deploy)
  }

  return (
    <section aria-labelledby="deploy">
      <h2 id="deploy">Deploy</h2>
      <form ref={form} className="deploy" onSubmit={submit} onChange={() => setPlan(null)}>
        <label>
          Archetype
          <select name="archetype" defaultValue="">
            <option value="">Let the mutator pick</option>
            {choices.map((a) => (
              <option key={a.slug} value={a.slug} disabled={!a.available} title={a.description}>
                {a.name}{a.available ? '' : ' (not in this build)'}
              </option>
            ))}
          </select>
        </label>
        <label>
          Name
          <input name="name" required defaultValue="decky" pattern="[a-z0-9\-]{1,64}" title="a-z, 0-9 and dashes; up to 64" spellCheck={false} autoCapitalize="none" />
        </label>
        <label>
          Count
          <input name="count" type="number" required min={1} defaultValue={3} />
        </label>
        <label>
          Deployment
          <input name="deployment" required defaultValue="default" pattern="[a-z0-9\-]{1,64}" title="a-z, 0-9 and dashes; up to 64" spellCheck={false} autoCapitalize="none" />
        </label>
        <div className="actions">
          <button type="button" onClick={() => void preview()}>Preview</button>
          <button type="submit" className="primary">Deploy</button>
        </div>
      </form>
      {problem && <p role="alert" className="problem">{problem}</p>}
      {plan && (
        <div role="status">
          <p>It would deploy {plan.length === 1 ? 'one decky' : `${plan.length} deckies`}; nothing has changed yet. Services that the mutator picks are picked anew when you deploy.</p>
          <div className="scroll">
            <table className="plan">
              <thead><tr><th scope="col">Decky</th><th scope="col">Host name</th><th scope="col">Address</th><th scope="col">Services</th></tr></thead>
              <tbody>
                {plan.map((d) => (
                  <tr key={d.name}>
                    <th scope="row">{d.name}</th><td>{d.hostname}</td><td><code>{d.ip}</code></td><td>{d.services.join(', ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </section>
  )
}
