import { createClient, type Client, type ClientOptions, type Sink } from 'graphql-ws'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TypedDocumentString } from '../gql/graphql'
import { asError, Live, pause } from './live'
import { ApiError } from './request'

test('pauses grow to a bound, and are not the same for all who were cut off at once', () => {
  const longest = Array.from({ length: 12 }, (_, tries) => pause(tries, () => 1))
  expect(longest).toEqual([250, 500, 1000, 2000, 4000, 8000, ...Array<number>(6).fill(10_000)])
  expect(pause(0, () => 0)).toBe(125)
  expect(pause(1000, () => 0)).toBe(5000)
})

test("what ended a stream is told in the server's words where it has any", () => {
  const refused = asError([{ message: 'start afresh', extensions: { code: 'CURSOR_EXPIRED' } }])
  expect(refused).toBeInstanceOf(ApiError)
  expect((refused as ApiError).has('CURSOR_EXPIRED')).toBe(true)
  expect(asError({ code: 1012, reason: 'Service restart' }).message).toBe('Service restart (1012)')
  expect(asError({ code: 1006, reason: '' }).message).toBe('The connection broke (1006).')
})

vi.mock('graphql-ws', () => ({ createClient: vi.fn() }))

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('location', { protocol: 'http:', host: 'localhost' })
  vi.stubGlobal('addEventListener', () => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

// follows one stream on a socket that the test closes.
function following() {
  const sinks: Sink[] = []
  let options: ClientOptions | undefined
  vi.mocked(createClient).mockImplementation((given) => {
    options = given
    return { subscribe: (_: unknown, sink: Sink) => (sinks.push(sink), () => {}) } as unknown as Client
  })
  const signedOut = vi.fn()
  const back = vi.fn()
  new Live('token', signedOut, back).follow({
    name: 'fleet', document: 'subscription { deckyUpdated { name } }' as unknown as TypedDocumentString<unknown, Record<string, unknown>>,
    prepare: () => Promise.resolve({}), next: () => {},
  })
  const close = async (code: number) => {
    options?.on?.closed?.({ code, reason: '' })
    sinks.at(-1)?.error({ code, reason: '' })
    await vi.advanceTimersByTimeAsync(20_000)
  }
  const open = () => options?.on?.connected?.({}, undefined, false)
  return { sinks, signedOut, back, open, close }
}

test.each([1012, 1013, 4408])('a stream comes back after %i, and nobody is signed out', async (code) => {
  const { sinks, signedOut, close } = following()
  await vi.advanceTimersByTimeAsync(0)
  expect(sinks).toHaveLength(1)
  await close(code)
  expect(sinks).toHaveLength(2)
  expect(signedOut).not.toHaveBeenCalled()
})

test('a session that is over signs out', async () => {
  const { signedOut, close } = following()
  await vi.advanceTimersByTimeAsync(0)
  await close(4403)
  expect(signedOut).toHaveBeenCalled()
})

test('who comes back is asked for anew, and not who comes', async () => {
  const { back, open, close } = following()
  await vi.advanceTimersByTimeAsync(0)
  open()
  expect(back).not.toHaveBeenCalled()
  await close(1012)
  open()
  expect(back).toHaveBeenCalledOnce()
})
