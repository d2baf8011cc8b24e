// Pictures of the pages, light and dark, for the documentation: npm run screenshots, with DECNET_URL and DECNET_PASSWORD of a server with an empty fleet
// whose deckies can be connected to (--engine process). It deploys a few, has an intruder call, and takes them down again.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ask, ftpLogin, openBrowser, password, signIn, url } from './browser.mjs'

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
await mkdir(folder, { recursive: true })

await ask(`mutation {
  deploy(input: { deckies: [{ name: "web", count: 2, services: ["http", "ssh"] }, { name: "files", services: ["ftp"] }, { name: "switch", services: ["telnet"] }] }) { lifecycleIds }
}`)

try {
  for (const colorScheme of ['light', 'dark']) {
    const browser = await openBrowser({ colorScheme, viewport: { width: 1440, height: 1080 } })
    const page = await browser.newPage()
    await page.goto(url)
    if (password) await signIn(page)
    await page.locator('[data-connection=live]').waitFor()
    await page.locator('tr[data-decky=switch]').getByText('succeeded').waitFor()
    const { decky } = await ask('{ decky(name: "files") { endpoints { address port } } }')
    const [{ address, port }] = decky.endpoints
    for (const [user, pass] of [['admin', 'admin'], ['<script>alert(1)</script>', 'letmein'], ['backup\u202Efdp.exe', 'p\u0007ss']]) await ftpLogin(address, port, user, pass)
    await page.locator('[data-interaction]').nth(8).waitFor()
    await ask('mutation { mutateDecky(input: { name: "web-01", services: ["ftp", "http"] }) { lifecycleIds } }')
    await page.locator('tr[data-decky=web-01]').getByText('in step').waitFor({ state: 'detached' })
    await page.locator('tr[data-decky=web-01]').getByText('mutate').and(page.locator('summary')).filter({ hasText: 'succeeded' }).click()
    await page.screenshot({ path: `${folder}fleet-${colorScheme}.png` })

    await page.goto(`${url}/graphiql`)
    await page.locator('.graphiql-query-editor .view-line').filter({ hasText: 'DeployThree' }).waitFor()
    await page.getByRole('tab', { name: 'WatchFleet' }).click()
    await page.locator('.graphiql-query-editor .view-line').filter({ hasText: 'WatchFleet' }).waitFor()
    await page.getByRole('button', { name: /^Execute/ }).click()
    await page.locator('.graphiql-response .view-line').filter({ hasText: 'endpoints' }).waitFor()
    await page.screenshot({ path: `${folder}graphiql-${colorScheme}.png` })
    await ask('mutation { mutateDecky(input: { name: "web-01", services: ["http", "ssh"] }) { lifecycleIds } }')
    await browser.close()
  }
} finally {
  await ask('mutation { teardown(input: {}) { lifecycleIds } }')
}
