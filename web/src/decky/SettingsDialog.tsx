import { useState, type FormEvent } from 'react'
import { ApiError, inWords, request } from '../api/request'
import { useAsk } from '../api/useAsk'
import { useApp } from '../app/context'
import { mutateDecky, type Decky } from '../data/documents'
import { graphql } from '../gql'
import type { ServiceSettingInput, ServiceSettingsQuery } from '../gql/graphql'
import { Field } from '../ui/Field'
import { Modal } from '../ui/Modal'
import { chosenOf, inputOf, refusedSetting, settingName } from './settings'

const settingsQuery = graphql(`
  query ServiceSettings {
    services {
      slug
      name
      settings {
        key
        help
        type
        secret
        choices
        min
        max
      }
    }
  }
`)

type Setting = ServiceSettingsQuery['services'][number]['settings'][number]

interface Props {
  decky: Decky
  /** At which what is present was seen. */
  generation: number
  present: readonly ServiceSettingInput[]
  onClose: () => void
}

const nothing = {}

/** Chooses what a decky's services are to be like. The server is asked first whether it takes it: what it refuses is said at its place. */
export function SettingsDialog({ decky, generation, present, onClose }: Props) {
  const { client, actions } = useApp()
  const { data } = useAsk(settingsQuery, nothing)
  const [chosen, setChosen] = useState(() => chosenOf(present))
  const [refused, setRefused] = useState<{ name: string | null; words: string } | null>(null)
  const [asking, setAsking] = useState(false)
  const about = data?.services.filter((s) => s.settings.length > 0 && (decky.services.includes(s.slug) || present.some((p) => p.service === s.slug)))

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const settings = inputOf(chosen)
    const input = { name: decky.name, deployment: decky.deployment.name, settings, expectedGeneration: generation }
    setRefused(null)
    setAsking(true)
    try {
      await request(client, mutateDecky, { input: { ...input, dryRun: true } })
    } catch (reason) {
      const refusal = reason instanceof ApiError ? reason.refusals[0] : undefined
      setRefused({ name: refusedSetting(refusal?.extensions?.argument, settings), words: refusal?.message ?? inWords(reason) })
      return
    } finally {
      setAsking(false)
    }
    onClose()
    await actions.run(`Settings of ${decky.name}`, async () => (await request(client, mutateDecky, { input })).mutateDecky)
  }

  return (
    <Modal
      open onClose={onClose} title={`Settings of ${decky.name}`} wide
      about="What is left empty is drawn for the decky. A service of which something changes ends the sessions that it has; the others go on."
    >
      <form onSubmit={(event) => void submit(event)} className="stack">
        {about?.length === 0 && <p className="faint">Its services have no settings.</p>}
        {about?.map((service) => (
          <fieldset key={service.slug} className="stack">
            <legend>{service.name}</legend>
            {service.settings.map((s) => {
              const name = settingName(service.slug, s.key)
              const words = refused?.name === name ? refused.words : null
              return (
                <Field key={name} label={s.key} hint={words ? <span role="alert" className="problem">{words}</span> : s.help}>
                  {(control) => <Control setting={s} value={chosen[name] ?? ''} change={(value) => setChosen((all) => ({ ...all, [name]: value }))} control={control} />}
                </Field>
              )
            })}
          </fieldset>
        ))}
        {refused && !refused.name && <p role="alert" className="problem">{refused.words}</p>}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={asking || !about?.length}>Apply</button>
        </div>
      </form>
    </Modal>
  )
}

interface ControlProps {
  setting: Setting
  value: string
  change: (value: string) => void
  control: { id: string; 'aria-describedby': string | undefined }
}

function Control({ setting, value, change, control }: ControlProps) {
  switch (setting.type) {
    case 'BOOL':
    case 'ENUM': {
      const choices = setting.type === 'BOOL' ? ['true', 'false'] : setting.choices
      return (
        <select {...control} value={value} onChange={(e) => change(e.target.value)}>
          <option value="">as it is drawn</option>
          {choices.map((c) => <option key={c}>{c}</option>)}
        </select>
      )
    }
    case 'INT':
      return <input {...control} type="number" min={setting.min} max={setting.max} value={value} onChange={(e) => change(e.target.value)} />
    case 'TEXT':
      return <textarea {...control} rows={3} spellCheck={false} value={value} onChange={(e) => change(e.target.value)} />
    case 'SET':
      return <input {...control} spellCheck={false} placeholder={setting.choices.join(',')} value={value} onChange={(e) => change(e.target.value)} />
    default:
      return <input {...control} type={setting.secret ? 'password' : 'text'} autoComplete="off" spellCheck={false} value={value} onChange={(e) => change(e.target.value)} />
  }
}
