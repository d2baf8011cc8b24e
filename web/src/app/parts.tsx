// The app's parts: each is a file of its own, fetched when it is first opened, or before that while nothing else is to be done. React keeps an import that
// failed for ever, and Vite a style sheet: here a part that did not come is asked for anew.
import { lazy, type ComponentType } from 'react'
import { lookForBuild } from './build'

/** A part of the app could not be loaded. */
export class NotLoaded extends Error {
  override name = 'NotLoaded'
  /** Has the part asked for anew when it is next shown. Only then: React shows what failed once more before it gives up. */
  readonly forget: () => void

  constructor(cause: unknown, forget: () => void) {
    super('A part of this page could not be loaded.', { cause })
    this.forget = forget
  }
}

const loads: (() => Promise<unknown>)[] = []

/** A component in a file of its own. */
export function part<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): ComponentType<Props> {
  loads.push(load)
  let shown: ComponentType<Props> | null = null
  const begin = () =>
    lazy(() =>
      styled().then(load).catch(async (problem: unknown) => {
        // What the server no longer has, since it has another build, comes with a new document.
        if (await lookForBuild()) location.reload()
        throw new NotLoaded(problem, () => void (shown = null))
      }),
    ) as unknown as ComponentType<Props>
  return function Part(props: Props) {
    const Shown = (shown ??= begin())
    return <Shown {...props} />
  }
}

/** Fetches all parts, one after another, while the browser has nothing else to do. What does not come is fetched when it is opened. */
export function fetchParts(): () => void {
  let left = false
  const fetchAll = async () => {
    await styled()
    // A part that comes may name more.
    for (const load of loads) {
      await idle()
      if (left) return
      await load().catch(() => {})
    }
  }
  void fetchAll()
  return () => void (left = true)
}

const idle = () => new Promise<unknown>((done) => ('requestIdleCallback' in globalThis ? requestIdleCallback(done) : setTimeout(done, 200)))

const lost = new Set<HTMLLinkElement>()
const isSheet = (target: EventTarget | null) => target instanceof HTMLLinkElement && target.rel === 'stylesheet'
addEventListener('error', ({ target }) => isSheet(target) && lost.add(target as HTMLLinkElement), true)

/** Asks again for the style sheets that did not come. Vite asks for each once, for whichever part is the first to need it. */
async function styled(): Promise<void> {
  await Promise.all([...lost].map((old) => new Promise<void>((done) => {
    lost.delete(old)
    const link = old.cloneNode() as HTMLLinkElement
    link.onload = link.onerror = () => done() // one that does not come is lost again
    old.replaceWith(link)
  })))
}
