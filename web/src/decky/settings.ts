// What an operator has chosen of a decky's services, as a form keeps it and as the API takes it.
import type { ServiceSettingInput } from '../gql/graphql'

/** What was chosen, by `service.key`; what is empty is drawn for the decky. */
export type Chosen = Readonly<Record<string, string>>

export const settingName = (service: string, key: string): string => `${service}.${key}`

/** The form for what the server has. */
export function chosenOf(settings: readonly ServiceSettingInput[]): Chosen {
  return Object.fromEntries(settings.map((s) => [settingName(s.service, s.key), s.value]))
}

/** All that is chosen, in an order of its own, as `mutateDecky` takes it. */
export function inputOf(chosen: Chosen): ServiceSettingInput[] {
  return Object.keys(chosen).sort().filter((name) => chosen[name]).map((name) => {
    const dot = name.indexOf('.')
    return { service: name.slice(0, dot), key: name.slice(dot + 1), value: chosen[name] ?? '' }
  })
}

/** Which setting a refusal is about, by its path into the input; null: none of them. */
export function refusedSetting(path: readonly (string | number)[] | undefined, settings: readonly ServiceSettingInput[]): string | null {
  const at = path?.indexOf('settings') ?? -1
  const index = at < 0 ? undefined : path?.[at + 1]
  const setting = typeof index === 'number' ? settings[index] : undefined
  return setting ? settingName(setting.service, setting.key) : null
}
