// One question to the API over HTTP, and what can go wrong with it.
import type { Client, CombinedError, TypedDocumentNode } from '@urql/core'
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

/** Whether the server says that there is nothing of this ID. */
export const isAbsent = (problem: unknown): boolean => problem instanceof ApiError && problem.has('NOT_FOUND')

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

/** What went wrong, for who fills a form in: the fields are in sight, and the names of arguments are for programs. */
export const inFormWords = (problem: unknown): string => (problem instanceof ApiError ? problem.refusals.map((r) => r.message).join('\n') : inWords(problem))

/** The header that says who is asking; also the WebSocket's connectionParams. */
export const credentials = (token: string | null): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {})

/** A generated document as urql takes it. urql reads text as well; only its types know no typed text. */
export const typed = <Result, Variables>(document: TypedDocumentString<Result, Variables>): TypedDocumentNode<Result, Variables> =>
  document.toString() as unknown as TypedDocumentNode<Result, Variables>

/** Makes one of our errors of urql's. */
export function asRefusal({ graphQLErrors, networkError }: CombinedError): ApiError | Unreachable {
  if (graphQLErrors.length) return new ApiError(graphQLErrors as unknown as Refusal[])
  // What a browser throws has a name of its own and words that tell people nothing; what is left is the status that somebody else answered with.
  const said = networkError?.name === 'Error' && networkError.message
  return new Unreachable(`The server does not answer${said ? ` (${said})` : ''}.`, { cause: networkError })
}

/** Asks one query or mutation afresh, past the cache. Throws an ApiError or an Unreachable. */
export async function request<Result, Variables extends Record<string, unknown>>(
  client: Client, document: TypedDocumentString<Result, Variables>, variables: Variables,
): Promise<Result> {
  const ask = document.toString().trimStart().startsWith('mutation') ? client.mutation : client.query
  const { data, error } = await ask.call(client, typed(document), variables, { requestPolicy: 'network-only' }).toPromise()
  if (error) throw asRefusal(error)
  if (!data) throw new Unreachable('The server answers without data.')
  return data as Result
}
