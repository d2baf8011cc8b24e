import { Field } from '../ui/Field'
import type { Role } from '../gql/graphql'
import { roles, rolesUpTo } from './roles'

interface Props {
  value: Role
  onChange: (role: Role) => void
  /** The highest that may be chosen. */
  most?: Role
  label?: string
}

/** A role to choose, with what it may do. */
export function RoleField({ value, onChange, most = 'ADMIN', label = 'Role' }: Props) {
  const choices = rolesUpTo(most)
  return (
    <Field label={label} hint={`It ${roles[value]}.`}>
      {(control) => (
        <select {...control} value={value} onChange={(e) => onChange(choices.find((r) => r === e.target.value) ?? value)}>
          {choices.map((r) => <option key={r} value={r}>{r.toLowerCase()}</option>)}
        </select>
      )}
    </Field>
  )
}
