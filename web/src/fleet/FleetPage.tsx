import { useCallback, useMemo, useState } from 'react'
import { request } from '../api/request'
import type { PageProps } from '../session/Page'
import { ActionState } from './ActionState'
import { Confirm } from './Confirm'
import { ConnectionState } from './ConnectionState'
import { ordered } from './deckies'
import { DeckyTable } from './DeckyTable'
import { DeployForm } from './DeployForm'
import { mutateDecky, teardown, type Decky } from './documents'
import { Interactions } from './Interactions'
import { latestByDecky } from './journal'
import { Lifecycles } from './Lifecycles'
import { useAction } from './useAction'
import { useFleet } from './useFleet'

/** What is about to be torn down: one decky, or without a name a whole deployment. */
interface Doomed {
  deployment: string
  name: string | null
}

/** The fleet, live, and what an operator can ask of it. */
export function FleetPage(props: PageProps) {
  const { session, expired } = props
  const fleet = useFleet(props)
  const { action, run, clear } = useAction(expired)
  const [doomed, setDoomed] = useState<Doomed | null>(null)
  const mayChange = session.role !== 'VIEWER'

  const onMutate = useCallback(
    ({ name, deployment }: Decky) =>
      void run(`Mutate ${name}`, async () => (await request(mutateDecky, { input: { name, deployment: deployment.name } }, session.token)).mutateDecky),
    [run, session.token],
  )
  const onTeardown = useCallback(({ name, deployment }: Decky) => setDoomed({ name, deployment: deployment.name }), [])
  const tearDown = ({ name, deployment }: Doomed) =>
    void run(`Tear down ${name ?? `all of ${deployment}`}`, async () =>
      (await request(teardown, { input: { deployment, ...(name !== null && { names: [name] }) } }, session.token)).teardown)

  const latest = useMemo(() => latestByDecky(fleet.journal), [fleet.journal])
  const deployments = useMemo(() => Map.groupBy(ordered(fleet.deckies ?? new Map()), (d) => d.deployment.name), [fleet.deckies])

  return (
    <main>
      <div className="title">
        <h1>Fleet</h1>
        <ConnectionState live={fleet.live} />
      </div>
      {action && <ActionState action={action} journal={fleet.journal} onClose={clear} />}
      {fleet.deckies === null && <p className="empty">Reading the fleet…</p>}
      {fleet.deckies?.size === 0 && (
        <p className="empty">
          The fleet is empty. {mayChange ? 'Deploy the first deckies with the form below.' : 'An administrator can deploy deckies; they show here at once.'}
        </p>
      )}
      {[...deployments].map(([deployment, deckies]) => (
        <section key={deployment} aria-label={`Deployment ${deployment}`}>
          <div className="title">
            <h2>{deployment} <span className="faint">{deckies.length === 1 ? '1 decky' : `${deckies.length} deckies`}</span></h2>
            {mayChange && (
              <button type="button" className="danger" onClick={() => setDoomed({ deployment, name: null })}>Tear down all of {deployment}…</button>
            )}
          </div>
          <DeckyTable
            deployment={deployment} deckies={deckies} latest={latest} followed={action?.lifecycleIds ?? []}
            onMutate={mayChange ? onMutate : undefined} onTeardown={mayChange ? onTeardown : undefined}
          />
        </section>
      ))}
      {mayChange && <DeployForm {...props} run={run} />}
      <div className="columns">
        <Lifecycles journal={fleet.journal} />
        <Interactions feed={fleet.interactions} />
      </div>
      {doomed && (
        <Confirm
          question={`Tear down ${doomed.name ?? `all of ${doomed.deployment}`}?`}
          warning="This is for good: the deckies are taken down. What they recorded stays."
          yes="Tear down"
          onYes={() => tearDown(doomed)}
          onClose={() => setDoomed(null)}
        />
      )}
    </main>
  )
}
