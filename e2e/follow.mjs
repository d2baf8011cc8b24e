// Subscribes with the npm client graphql-ws, as a browser would, and prints each event as a line of JSON and the end as {"complete": true}.
// usage: node follow.mjs URL TOKEN VARIABLES
import { createRequire } from 'node:module'
const require = createRequire(new URL('../transport/conformance/package.json', import.meta.url))
const { createClient } = require('graphql-ws')
const WebSocket = require('ws')

const [url, token, variables] = process.argv.slice(2)
const client = createClient({
  url: url.replace('http', 'ws') + '/graphql',
  webSocketImpl: WebSocket.WebSocket ?? WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  retryAttempts: 0,
  on: { opened: () => process.stderr.write('opened\n'), connected: () => process.stderr.write('connected\n') },
})
client.subscribe(
  {
    query: `subscription ($ids: [ID!], $after: String) {
      lifecycleUpdated(ids: $ids, after: $after) { cursor seq status stage lifecycle { id deckyName operation } }
    }`,
    variables: JSON.parse(variables),
  },
  {
    next: ({ data, errors }) => console.log(JSON.stringify(errors ? { errors } : data.lifecycleUpdated)),
    error: (error) => { console.log(JSON.stringify({ failed: error instanceof Error ? error.message : error })); process.exit(1) },
    complete: () => { console.log('{"complete":true}'); client.dispose(); process.exit(0) },
  },
)
