// A real browser on a running server. Nothing here starts a server: DECNET_URL says where one is, DECNET_PASSWORD is admin's.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const url = process.env.DECNET_URL ?? 'http://127.0.0.1:8080'
export const password = process.env.DECNET_PASSWORD ?? ''

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
]

/** Opens a browser with a profile of its own. Every request is counted; one to another host is refused and remembered in `outside`. */
export async function openBrowser({ colorScheme = 'light', viewport = { width: 1440, height: 1000 }, flags: more = [] } = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'decnet-e2e-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.DECNET_CHROMIUM ?? '/usr/bin/chromium',
    headless: true, args: [...flags, ...more], colorScheme, viewport, timezoneId: 'UTC', locale: 'en-GB',
  })
  const outside = []
  const problems = []
  const host = new URL(url).host
  await context.route('**', (route) => {
    const asked = new URL(route.request().url())
    if (asked.host === host || asked.protocol === 'data:' || asked.protocol === 'blob:') return route.continue()
    outside.push(asked.href)
    return route.abort()
  })
  context.on('page', watch)
  context.pages().forEach(watch)
  function watch(page) {
    page.on('websocket', (socket) => new URL(socket.url()).host === host || outside.push(socket.url()))
    // Monaco throws Canceled at its own promises when an editor goes.
    page.on('pageerror', (error) => error.name === 'Canceled' || problems.push(String(error)))
    page.on('console', (message) => /Content Security Policy|Trusted/.test(message.text()) && problems.push(message.text()))
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
  }
  return {
    context, outside, problems,
    /** A page that knows nothing of other tabs' sign-ins, unless it is `together` with those. */
    async newPage({ together = false } = {}) {
      const page = await context.newPage()
      if (!together) await page.addInitScript(() => delete globalThis.BroadcastChannel)
      return page
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

/** Opens an address of the app in a new page, signed in. */
export async function openPage(browser, path = '/', user = 'admin', secret = password) {
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url + path)
  if (secret) await signIn(page, user, secret)
  return page
}

/** Signs in on the page that is open. */
export async function signIn(page, user = 'admin', secret = password) {
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

let token

/** Asks the API as a script does, beside the browser. */
export async function ask(query, variables = {}) {
  token ??= password && (await post(`mutation ($p: String!) { login(username: "admin", password: $p) { token } }`, { p: password })).login.token
  return post(query, variables)
}

/** Asks the API with a token. */
export const askAs = (bearer, query, variables = {}) => post(query, variables, bearer)

async function post(query, variables, bearer = token) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** A name that no earlier run has used. */
export const freshName = (prefix) => `${prefix}-${Date.now().toString(36)}`

/** Tries to sign in to a decky's FTP server. */
export function ftpLogin(host, port, user, pass) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const lines = [`USER ${user}\r\n`, `PASS ${pass}\r\n`, 'QUIT\r\n']
    socket.setTimeout(10_000, () => socket.destroy(new Error('the decky does not answer')))
    socket.on('data', () => lines.length && socket.write(lines.shift()))
    socket.on('error', reject)
    socket.on('close', resolve)
  })
}

/** Waits until `holds` does; `what` says what for. */
export async function until(holds, what, within = 60_000) {
  for (const end = Date.now() + within; Date.now() < end;) {
    if (await holds().catch(() => false)) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`in ${within / 1000} s, not: ${what}`)
}

/** Kills the server as a crash would; scripts/e2e starts it again. Resolves with its process's number. */
export async function killServer() {
  const pid = Number(await readFile(process.env.DECNET_PID_FILE, 'utf8'))
  process.kill(pid, 'SIGKILL')
  return pid
}

/** Waits until the server answers again. */
export const serverAnswers = () => until(async () => (await fetch(url)).ok, 'the server answers')

/** Tears a deployment down and waits for its end. */
export async function tearDown(deployment) {
  await ask('mutation ($d: String!) { teardown(input: { deployment: $d }) { lifecycleIds } }', { d: deployment })
  const left = 'query ($d: String!) { deckies(first: 1, where: { hasDeploymentWith: [{ name: $d }] }) { totalCount } }'
  await until(async () => (await ask(left, { d: deployment })).deckies.totalCount === 0, `${deployment} is gone`)
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** The serious faults that axe finds on a page, in a line each. */
export async function faults(page) {
  await page.evaluate(await readFile(axe, 'utf8'))
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.help} (${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')})`)
}
