// One question to the API over HTTP, and what can go wrong with it.
import type { TypedDocumentString } from '../gql/graphql'

/** An error as the server words it. */
export interface Refusal {
  message: string
  path?: readonly (string | number)[] | undefined
  extensions?: { code?: string; argument?: readonly (string | number)[] } & Record<string, unknown>
}

/** The server answered with errors. `message` has its words. */
export class ApiError extends Error {
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(words).join('\n'))
    this.name = 'ApiError'
    this.refusals = refusals
  }

  /** Whether one of the errors has this `extensions.code`. */
  has(code: string): boolean {
    return this.refusals.some((r) => r.extensions?.code === code)
  }
}

/** The server did not answer, or not as an API does. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

function words(r: Refusal): string {
  const argument = r.extensions?.argument
  return argument ? `${argument.join('.')}: ${r.message}` : r.message
}

/** What went wrong, for people. */
export const inWords = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem))

/** The header that says who is asking; also the WebSocket's connectionParams. */
export const credentials = (token: string | null): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {})

/** Sends one query or mutation. Throws an ApiError or an Unreachable. */
export async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token: string | null,
  signal?: AbortSignal,
): Promise<Result> {
  let response: Response
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json', ...credentials(token) },
      body: JSON.stringify({ query: document.toString(), variables }),
      ...(signal && { signal }),
    })
  } catch (problem) {
    throw new Unreachable(`The server does not answer (${inWords(problem)}).`, { cause: problem })
  }
  let answer: { data?: Result | null; errors?: Refusal[] }
  try {
    answer = await response.json()
  } catch (problem) {
    throw new Unreachable(`The server answers ${response.status} ${response.statusText}, which is not the API's answer.`, { cause: problem })
  }
  if (answer.errors?.length) throw new ApiError(answer.errors)
  if (!answer.data) throw new Unreachable(`The server answers ${response.status} without data.`)
  return answer.data
}
