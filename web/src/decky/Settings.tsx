import { SlidersHorizontal } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useAsk } from '../api/useAsk'
import { useApp } from '../app/context'
import type { Decky } from '../data/documents'
import { graphql } from '../gql'
import { Hostile } from '../ui/Hostile'
import { SettingsDialog } from './SettingsDialog'

const chosenQuery = graphql(`
  query ChosenSettings($deployment: String!, $name: String!) {
    decky(deployment: $deployment, name: $name) {
      id
      generation
      settings {
        service
        key
        value
      }
    }
  }
`)

/** What was chosen of a decky's services, and the way to choose something else. */
export function Settings({ decky }: { decky: Decky }) {
  const { mayChange } = useApp()
  const { data, again } = useAsk(chosenQuery, { deployment: decky.deployment.name, name: decky.name })
  const [open, setOpen] = useState(false)
  useEffect(again, [again, decky.generation])
  const chosen = data?.decky

  return (
    <section className="panel" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {chosen?.settings.length === 0 && <p className="faint">Nothing was chosen: versions, accounts and greetings are drawn for it.</p>}
      {chosen && chosen.settings.length > 0 && (
        <dl className="chosen">
          {chosen.settings.map((s) => (
            <div key={`${s.service}.${s.key}`}><dt>{s.service} {s.key}</dt><dd><code><Hostile text={s.value} /></code></dd></div>
          ))}
        </dl>
      )}
      {mayChange && chosen && (
        <button type="button" onClick={() => setOpen(true)}><SlidersHorizontal size={16} aria-hidden="true" />Change settings…</button>
      )}
      {open && chosen && <SettingsDialog decky={decky} generation={chosen.generation} present={chosen.settings} onClose={() => setOpen(false)} />}
    </section>
  )
}
