// Who may do what: people, their tokens, the audit trail and one's own account, and what an open page makes of a role that changes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, askAs, faults, freshName, openBrowser, openPage, password, signIn, until, url } from './browser.mjs'

const needsUsers = { skip: !password && 'the server asks nobody to sign in' }
const name = freshName('olga')
const markup = '<img src=x onerror=alert(1)>'
const chosen = 'a choice of her own'
let browser, page, olga

before(async () => {
  browser = await openBrowser()
  page = await openPage(browser, '/people')
})

after(async () => {
  await ask('mutation ($u: String!) { deleteUser(username: $u) { username } }', { u: name }).catch(() => {})
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

const dialog = () => page.getByRole('dialog')
const way = (of, label) => of.getByRole('navigation').getByRole('link', { name: label, exact: true })

test('an administrator adds somebody, who chooses a password of their own', needsUsers, async () => {
  await page.getByRole('button', { name: 'Add somebody…' }).click()
  await dialog().getByLabel('User name').fill('admin')
  await dialog().getByLabel('Role').selectOption('VIEWER')
  await dialog().getByRole('button', { name: 'Add', exact: true }).click()
  await dialog().getByRole('alert').waitFor() // that name is taken: the dialog stays, with the server's words
  await dialog().getByLabel('User name').fill(name)
  await dialog().getByRole('button', { name: 'Add', exact: true }).click()
  const first = await dialog().locator('.secret code').textContent()
  await dialog().getByRole('button', { name: 'I have it' }).click()
  await page.locator(`[data-person="${name}"]`).getByText('must choose a password').waitFor()
  olga = await openPage(browser, '/people', name, first)
  await olga.getByLabel('Present password').fill(first)
  await olga.getByLabel('New password', { exact: true }).fill(chosen)
  await olga.getByLabel('The new password again').fill(chosen)
  await olga.getByRole('button', { name: 'Change password' }).click()
  await olga.getByText('This is for administrators').waitFor()
  for (const place of ['Deploy', 'People', 'Audit trail']) assert.equal(await way(olga, place).count(), 0, place)
})

test('a role that changes shows on the open page, without signing in again', needsUsers, async () => {
  await page.getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await page.getByRole('button', { name: 'Change role…' }).click()
  await dialog().getByLabel('Role').selectOption('OPERATOR')
  await dialog().getByRole('button', { name: 'Change', exact: true }).click()
  await dialog().waitFor({ state: 'detached' })
  await way(olga, 'Deploy').waitFor()
  await ask('mutation ($u: String!) { updateUser(input: { username: $u, role: VIEWER }) { user { role } } }', { u: name })
  await way(olga, 'Deploy').waitFor({ state: 'detached' })
  await olga.locator('[data-connection=live]').waitFor()
})

test('a token for a script is shown once, works, and is ended', needsUsers, async () => {
  await olga.getByRole('link', { name: `${name} viewer` }).click()
  await olga.getByRole('heading', { level: 1, name: 'Account' }).waitFor()
  const sorts = await olga.locator('[data-token="sign-in"] td:nth-child(2)').allTextContents()
  assert.deepEqual([...new Set(sorts)], ['viewer'], 'a sign-in may no more than she')
  await olga.getByRole('button', { name: 'Make a token for a script…' }).click()
  const making = olga.getByRole('dialog')
  assert.deepEqual(await making.getByLabel('At most').locator('option').allTextContents(), ['viewer'], 'no more than she may')
  await making.getByLabel('What it is for').fill(markup)
  await making.getByRole('button', { name: 'Make it' }).click()
  const secret = await making.locator('.secret code').textContent()
  await making.getByRole('button', { name: 'I have it' }).click()
  assert.equal((await askAs(secret, '{ viewer { username } }')).viewer.username, name)
  const row = olga.locator('[data-token]').filter({ hasText: markup })
  await row.getByRole('button', { name: /^End/ }).click()
  await olga.getByRole('dialog').getByRole('button', { name: 'End it' }).click()
  await row.waitFor({ state: 'detached' })
  assert.equal((await askAs(secret, '{ viewer { username } }')).viewer, null)
})

test('one changes one\'s own password, and other sign-ins end', needsUsers, async () => {
  const elsewhere = await openPage(browser, '/', name, chosen)
  await elsewhere.locator('[data-connection=live]').waitFor()
  const change = async (present) => {
    await olga.getByLabel('Present password').fill(present)
    await olga.getByLabel('New password', { exact: true }).fill('another of her own')
    await olga.getByLabel('The new password again').fill('another of her own')
    await olga.getByRole('button', { name: 'Change password' }).click()
  }
  await change('certainly not this one')
  await olga.getByRole('alert').filter({ hasText: /^that is not your present password$/ }).waitFor()
  await change(chosen)
  await olga.getByText('The password is changed.').waitFor()
  await elsewhere.getByText('Your session is over. Sign in again.').waitFor()
  await signIn(elsewhere, name, 'another of her own')
  await elsewhere.locator('[data-connection=live]').waitFor()
  await elsewhere.close()
})

test('the audit trail has who asked for what, and what was refused', needsUsers, async () => {
  await page.getByRole('link', { name: 'In the audit trail' }).click()
  await page.getByRole('heading', { level: 1, name: 'Audit trail' }).waitFor()
  assert.equal(await page.getByLabel('Who').inputValue(), name)
  await page.locator('[data-audit=createToken]').getByText(markup).waitFor()
  assert.equal(await page.locator('main img, main script').count(), 0)
  await page.getByLabel('Result').selectOption('refused')
  await until(async () => await page.locator('[data-audit=changePassword]').count() === 1, 'what was refused alone')
  assert.equal(await page.locator('[data-result=OK]').count(), 0)
  assert.match(page.url(), /result=refused/)
})

test('who is shut out is, at once', needsUsers, async () => {
  await page.goto(`${url}/people/${name}`)
  await page.getByRole('button', { name: 'Shut out…' }).click()
  await dialog().getByRole('button', { name: 'Shut out', exact: true }).click()
  await page.getByText('no: shut out').waitFor()
  await olga.getByText('Your session is over. Sign in again.').waitFor()
  await page.getByRole('button', { name: 'Delete…' }).click()
  await dialog().getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
  await page.locator('[data-person="admin"]').waitFor()
  assert.equal(await page.locator(`[data-person="${name}"]`).count(), 0)
})

test('an address with nothing at it says so, and a page has the focus that is gone to', async () => {
  const answer = await page.goto(`${url}/no/such/page`)
  assert.equal(answer.status(), 404)
  await page.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor()
  await page.getByRole('link', { name: 'Go to the fleet' }).click()
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.id), 'page')
})

test('a server with another build is told, and a part that is gone loads the page anew', async () => {
  const old = await browser.newPage()
  old.setDefaultTimeout(60_000)
  let updated = false
  let socket
  await old.routeWebSocket(/\/graphql$/, (s) => (socket = s, void s.connectToServer()))
  let entry
  // From the beginning: parts are fetched ahead as soon as the browser is idle.
  await old.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url())
    if (updated && pathname === '/' && route.request().resourceType() === 'fetch') {
      return route.fulfill({ contentType: 'text/html', body: `<script type="module" src="${entry.replace(/-[\w-]+\.js$/, '-another0.js')}"></script>` })
    }
    if (/LifecyclesPage/.test(pathname)) return route.fulfill({ status: 404 })
    return route.fallback()
  })
  await old.goto(url)
  if (password) await signIn(old)
  await old.locator('[data-connection=live]').waitFor()
  entry = new URL(await old.locator('script[type=module]').getAttribute('src'), url).pathname
  updated = true
  await socket.close({ code: 1012, reason: 'Service restart' })
  await old.getByText('The server has another version of this page.').waitFor()
  // The part that the old build would ask for is gone: the new one is loaded at the address that was gone to.
  await old.evaluate(() => (globalThis.sameDocument = true))
  await old.getByRole('navigation').getByRole('link', { name: 'Lifecycles' }).click()
  await until(async () => await old.evaluate(() => globalThis.sameDocument) === undefined, 'the page is loaded anew')
  assert.match(old.url(), /\/lifecycles$/)
  await old.close()
})

test('a page that could not be loaded opens when the server is back, and the others are fetched before they are opened', async () => {
  const early = await browser.newPage()
  early.setDefaultTimeout(60_000)
  let down = false
  const sockets = new Set()
  await early.routeWebSocket(/\/graphql$/, (s) => {
    if (down) return void s.close({ code: 1012, reason: 'Service restart' })
    s.connectToServer()
    sockets.add(s)
  })
  let never = true
  await early.route(/LifecyclesPage|lifecycles-.*css/, (route) => (never || down ? route.abort('connectionrefused') : route.fallback()))
  await early.route(/graphql$|\/$/, (route) => (down ? route.abort('connectionrefused') : route.fallback()))
  await early.goto(url)
  if (password) await signIn(early)
  await early.locator('[data-connection=live]').waitFor()
  const fetched = (part) => early.evaluate((p) => performance.getEntriesByType('resource').some((r) => r.name.includes(p)), part)
  for (const part of ['AuditPage', 'Charts']) await until(() => fetched(part), `${part} is fetched while nothing else is done`)
  down = true
  never = false
  for (const socket of sockets) await socket.close({ code: 1012, reason: 'Service restart' })
  await early.locator('[data-connection=reconnecting]').waitFor()
  await early.evaluate(() => (globalThis.sameDocument = true))
  await way(early, 'Lifecycles').click()
  await early.getByText('The server does not answer; this page opens when it is back').waitFor()
  await way(early, 'Sessions').click()
  await early.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor() // it had been fetched
  await way(early, 'Lifecycles').click()
  const panel = early.getByText('The server does not answer; this page opens when it is back')
  await panel.waitFor()
  assert.ok((await panel.boundingBox()).x >= (await early.locator('main').boundingBox()).x + 16, 'it has the padding of a page')
  down = false
  await early.getByRole('heading', { level: 1, name: 'Lifecycles' }).waitFor()
  await early.locator('.event-icon, .empty').first().waitFor()
  assert.equal(await early.evaluate(() => globalThis.sameDocument), true, 'without a reload')
  const styled = await early.evaluate(() => [...document.styleSheets].some((s) => s.href?.includes('/lifecycles-')))
  assert.ok(styled, 'with its style sheet')
  await early.close()
})

test('a tab is signed in by another one of the same browser, and both are signed out together', needsUsers, async () => {
  const first = await browser.newPage({ together: true })
  await first.goto(url)
  await signIn(first)
  await first.locator('[data-connection=live]').waitFor()
  const second = await browser.newPage({ together: true })
  await second.goto(`${url}/people`)
  await second.locator('[data-connection=live]').waitFor()
  const kept = (of) => of.evaluate(() => ({ session: sessionStorage.getItem('decnet.session'), local: JSON.stringify(localStorage), cookie: document.cookie, address: location.href }))
  const [mine, its] = [await kept(first), await kept(second)]
  assert.equal(its.session, mine.session, 'the same token, with the same expiry')
  const { token } = JSON.parse(its.session)
  assert.ok(![its.local, its.cookie, its.address].some((place) => place.includes(token)), 'which is nowhere else')
  await second.reload()
  await second.locator('[data-connection=live]').waitFor()
  await first.getByRole('button', { name: 'Sign out' }).click()
  for (const tab of [first, second]) {
    await tab.getByText('You are signed out.').waitFor()
    assert.equal(await tab.evaluate(() => sessionStorage.getItem('decnet.session')), null)
  }
  await until(async () => (await askAs(token, '{ viewer { username } }')).viewer === null, 'the server has ended the token')
  const third = await browser.newPage({ together: true })
  await third.goto(url)
  await third.getByLabel('User name').waitFor()
  for (const tab of [first, second, third]) await tab.close()
})

test('the sign-in page has nothing to complain of', needsUsers, async () => {
  const fresh = await browser.newPage()
  const complaints = []
  fresh.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  const told = fresh.waitForResponse(/oidc\/info$/)
  await fresh.goto(url)
  await fresh.getByLabel('User name').waitFor()
  assert.equal(await (await told).json(), null)
  assert.equal(await fresh.getByRole('link', { name: /^Sign in with/ }).count(), 0)
  assert.deepEqual(complaints, [])
  await fresh.close()
})

test('axe finds no serious fault on these pages either', async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const address of ['/people', '/people/admin', '/audit', ...(password ? ['/account'] : []), '/no/such/page']) {
      await page.goto(url + address)
      await page.locator('[data-connection=live]').waitFor()
      await page.locator('h1').waitFor()
      await until(async () => await page.locator('.waiting').count() === 0, 'the page has loaded')
      assert.deepEqual(await faults(page), [], `${address}, ${colorScheme}`)
    }
  }
  await page.goto(`${url}/people`)
  await page.getByRole('button', { name: 'Add somebody…' }).click()
  await dialog().waitFor()
  assert.deepEqual(await faults(page), [], 'a dialog')
})
