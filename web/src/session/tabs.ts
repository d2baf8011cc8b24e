// The tabs of one browser share a sign-in, as long as one of them is open: a tab that has none asks the others. A BroadcastChannel reaches pages of the same
// origin alone, and keeps nothing: the token is in no address, no cookie and nothing that outlives the tabs.

/** A token and when it ends. */
export interface Kept {
  token: string
  expiresAt: string
}

type Message =
  | { kind: 'ask' }
  | ({ kind: 'have' } & Kept)
  /** Whoever has this token is signed out. */
  | { kind: 'left'; token: string }

const name = 'decnet.session'
/** How long the other tabs have to answer, in milliseconds. */
const within = 300

const open = () => (typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name))

/** Asks the other tabs for their sign-in; null when none has one. */
export function askTabs(): Promise<Kept | null> {
  const channel = open()
  if (!channel) return Promise.resolve(null)
  return new Promise((resolve) => {
    const end = (found: Kept | null) => {
      clearTimeout(timer)
      channel.close()
      resolve(found)
    }
    const timer = setTimeout(() => end(null), within)
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'have' && Date.parse(data.expiresAt) > Date.now()) end({ token: data.token, expiresAt: data.expiresAt })
    }
    channel.postMessage({ kind: 'ask' } satisfies Message)
  })
}

/** Answers tabs that ask, until the function that it returns is called; `left` is called when another tab signs out. */
export function answerTabs({ token, expiresAt }: Kept, left: () => void): () => void {
  const channel = open()
  if (!channel) return () => {}
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'ask') channel.postMessage({ kind: 'have', token, expiresAt } satisfies Message)
    if (data.kind === 'left' && data.token === token) left()
  }
  return () => channel.close()
}

/** Tells the other tabs that this token's owner has signed out. */
export function tellLeft(token: string): void {
  const channel = open()
  channel?.postMessage({ kind: 'left', token } satisfies Message)
  channel?.close()
}
