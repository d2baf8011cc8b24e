// Tears down whatever a run has left, so that no container outlives its server.
import { ask, until } from './browser.mjs'

const { deployments } = await ask('{ deployments(first: 100) { edges { node { name } } } }')
for (const { node } of deployments.edges) await ask('mutation ($d: String!) { teardown(input: { deployment: $d }) { lifecycleIds } }', { d: node.name })
await until(async () => (await ask('{ deckies(first: 1) { totalCount } }')).deckies.totalCount === 0, 'the deckies are gone')
