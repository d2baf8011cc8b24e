// Writes operations.json: every operation that the app asks, in the form of a persisted queries manifest. A server that runs listed operations only takes them from there.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const generated = readFileSync(new URL('src/gql/graphql.ts', import.meta.url), 'utf8')
const operations = [...generated.matchAll(/new TypedDocumentString\(`([^`]*)`/g)]
  .map(([, text]) => text.trim())
  .filter((text) => /(^|\n)\s*(query|mutation|subscription)\b/.test(text))
  .map((body) => ({ id: createHash('sha256').update(body).digest('hex'), body }))
if (operations.length < 10) throw new Error(`only ${operations.length} operations were found in src/gql/graphql.ts: has its form changed?`)
operations.sort((a, b) => (a.body < b.body ? -1 : 1))
writeFileSync(new URL('operations.json', import.meta.url), JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 1) + '\n')
