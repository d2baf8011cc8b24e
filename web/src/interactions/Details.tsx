import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useAsk } from '../api/useAsk'
import type { Interaction } from '../data/documents'
import { graphql } from '../gql'
import { Hostile } from '../ui/Hostile'
import { asJSON } from './asJSON'

const fieldsQuery = graphql(`
  query InteractionFields($id: ID!) {
    node(id: $id) {
      ... on Interaction {
        id
        fields {
          name
          value
          base64
        }
      }
    }
  }
`)

/** Every fact that was recorded of an interaction, whole; asked for when it is shown, since few are. */
export function Details({ id, of }: { id: string; of: Interaction }) {
  const { data, problem } = useAsk(fieldsQuery, { id: of.id })
  const [copied, setCopied] = useState(false)
  if (problem) return <p id={id} role="alert" className="problem">{problem.message}</p>
  if (!data) return <p id={id} role="status" className="faint">Reading what was recorded…</p>
  const fields = data.node && 'fields' in data.node ? data.node.fields : null
  if (!fields) return <p id={id} className="faint">It is no longer kept.</p>
  // Where the page is not served safely the browser has no clipboard.
  const copy = navigator.clipboard && (() => void navigator.clipboard.writeText(asJSON(of, fields)).then(() => setCopied(true), () => {}))
  return (
    <div id={id} className="details">
      <div className="fields-of" role="group" tabIndex={0} aria-label="Facts">
        <dl>
          <div><dt>at</dt><dd><code>{of.at}</code></dd></div>
          {fields.map((f) => <div key={f.name}><dt>{f.name}</dt><dd><Hostile text={f.value} limit={Infinity} /></dd></div>)}
        </dl>
      </div>
      {copy && (
        <button type="button" onClick={copy}>
          {copied ? <><Check size={15} aria-hidden="true" />Copied</> : <><Copy size={15} aria-hidden="true" />Copy as JSON</>}
        </button>
      )}
    </div>
  )
}
