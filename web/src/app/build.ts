// Which build of the app this is, and whether the server has another by now: its files' names tell, since they bear a hash of their content.
import { Store } from '../data/store'

const entry = /\/assets\/[\w-]+\.js/

const own = () => document.querySelector<HTMLScriptElement>('script[type=module]')?.getAttribute('src')

/** Whether the document that the server serves now starts another build than the one that runs. Not when it can't be told. */
export function differs(served: string, running: string | null | undefined): boolean {
  const now = entry.exec(served)?.[0]
  return now !== undefined && running != null && entry.exec(running) !== null && now !== running
}

/** True once the server was found to have another build. */
export const outdated = new Store(false)

/** Asks the server which build it has. */
export async function lookForBuild(): Promise<boolean> {
  const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' }, cache: 'no-cache' }).catch(() => null)
  if (answer?.ok && differs(await answer.text(), own())) outdated.set(true)
  return outdated.get()
}

/** Loads the page anew when a part of it can't be loaded because the server has another build; what else goes wrong, the page says. The app's own parts look for themselves. */
export function followBuilds(): void {
  addEventListener('vite:preloadError', () => void lookForBuild().then((other) => other && location.reload()))
}
