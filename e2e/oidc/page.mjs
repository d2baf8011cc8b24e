// Signs in at the provider by the page, as a person does, and looks at every page of the app. Prints what the server refused, and fails on it.
//   node page.mjs URL USER
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core')
const [url, user] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.DECNET_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = await browser.newPage()
page.setDefaultTimeout(60_000)
const refused = []
const note = (text) => /"code":"(FORBIDDEN|BAD_USER_INPUT)"/.test(text) && refused.push(text.slice(0, 300))
page.on('response', async (response) => {
  if (response.url().endsWith('/graphql')) note(await response.text().catch(() => ''))
})
page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => note(String(payload))))

await page.goto(url)
await page.getByRole('link', { name: 'Sign in with single sign-on' }).click()
await page.locator('[name=login]').fill(user)
await page.locator('[name=password]').fill('any')
await page.locator('[type=submit]').click()
await page.getByRole('button', { name: /continue/i }).click()
await page.getByRole('navigation').first().waitFor()
if (/signed-in|token/.test(page.url())) throw new Error(`the address is still ${page.url()}`)
for (const path of ['/', '/deploy', '/lifecycles', '/interactions', '/attackers', '/credentials', '/sessions']) {
  await page.goto(url + path)
  await page.getByRole('navigation').first().waitFor()
  await page.waitForLoadState('networkidle')
}
await browser.close()
if (refused.length > 0) throw new Error(`the server refused:\n${refused.join('\n')}`)
console.log('signed in, and every page has what it asks')
