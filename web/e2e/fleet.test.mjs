// The fleet's pages: what a script does shows, what an operator asks for is done, and a viewer is offered nothing that would fail.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, freshName, openBrowser, openPage, password, signIn, tearDown, until, url } from './browser.mjs'

const deployment = freshName('fleet')
const mine = `/?deployment=${deployment}`
const needsUsers = { skip: !password && 'the server asks nobody to sign in' }
let browser, page

before(async () => {
  browser = await openBrowser()
  page = await browser.newPage()
  page.setDefaultTimeout(60_000)
})

after(async () => {
  await tearDown(deployment)
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

const row = (name) => page.locator(`[data-decky="${name}"]`)
const live = () => page.locator('[data-connection=live]').waitFor()
const settled = (text) => page.locator('.tray').getByText(text).waitFor({ timeout: 60_000 })
const services = async (name) => (await ask('query ($d: String!, $n: String!) { decky(deployment: $d, name: $n) { services } }', { d: deployment, n: name })).decky.services
const shown = (name) => row(name).locator('.chips li').allTextContents()

test('a wrong password is refused in the server\'s words, the right one lets in', needsUsers, async () => {
  await page.goto(url + mine)
  await signIn(page, 'admin', 'certainly not this one')
  await page.getByRole('alert').filter({ hasText: 'the user name or the password is wrong' }).waitFor()
  await signIn(page)
  await live()
  await page.reload()
  await live()
})

test('a script\'s deploy shows without a reload', async () => {
  if (!password) await page.goto(url + mine)
  await page.evaluate(() => (globalThis.sameDocument = true))
  await ask('mutation ($input: DeployInput!) { deploy(input: $input) { lifecycleIds } }', {
    input: { deployment, deckies: [{ name: 'web', count: 3, services: ['http', 'ssh'] }] },
  })
  for (const name of ['web-01', 'web-02', 'web-03']) await row(name).and(page.locator('[data-state=running]')).waitFor({ timeout: 120_000 })
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true)
})

test('a script\'s mutation shows without a reload', async () => {
  await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-01", services: ["ftp", "http"] }) { lifecycleIds } }', { d: deployment })
  await row('web-01').locator('.chips .confirmed', { hasText: 'ftp' }).waitFor({ timeout: 60_000 })
  await until(async () => (await shown('web-01')).join() === 'ftp,http', 'the page shows the services as they are')
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true)
})

test('what the page shows as after is what the decky gets', async () => {
  const before = await services('web-02')
  await row('web-02').getByRole('button', { name: 'Mutate web-02…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Mutate', exact: true }).and(page.locator(':enabled')).waitFor()
  const after = (await dialog.locator('.before-after > div').nth(1).locator('li:not(.removed)').evaluateAll((items) => items.map((li) => li.firstChild.textContent))).sort()
  assert.notDeepEqual(after, before)
  await dialog.getByRole('button', { name: 'Mutate', exact: true }).click()
  await settled('succeeded')
  assert.deepEqual(await services('web-02'), after)
})

test('services picked by hand are those that it gets', async () => {
  await row('web-03').getByRole('button', { name: 'Mutate web-03…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Pick by hand' }).click()
  await dialog.getByRole('checkbox', { name: /redis/i }).waitFor()
  const checked = dialog.getByRole('checkbox', { checked: true })
  while (await checked.count() > 0) await checked.first().uncheck()
  await dialog.getByRole('checkbox', { name: /redis/i }).check()
  await dialog.getByRole('button', { name: 'Mutate', exact: true }).click()
  await until(async () => (await shown('web-03')).join() === 'redis', 'it has redis alone')
})

test('several are mutated at once, with before and after of each', async () => {
  await row('web-01').getByRole('checkbox').check()
  await row('web-02').getByRole('checkbox').check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Mutate…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Mutate 2 deckies' }).click()
  await dialog.getByText('2 of 2 accepted').waitFor()
  await until(async () => await dialog.locator('.outcomes .badge.succeeded').count() === 2, 'both have succeeded')
  assert.ok(await dialog.locator('.outcomes .added').count() >= 1)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('toolbar').getByRole('button', { name: 'Clear' }).click()
})

test('an interval counts down, and can be turned off', async () => {
  const set = async (button) => {
    await row('web-01').getByRole('button', { name: 'More for web-01' }).click()
    await page.getByRole('menuitem', { name: 'Interval…' }).click()
    await page.getByRole('dialog').getByLabel('Every', { exact: true }).fill('6h')
    await page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click()
  }
  await set('Set')
  await row('web-01').getByText(/in [4-7] h/).waitFor()
  await set('Turn off')
  await row('web-01').getByText(/in [4-7] h/).waitFor({ state: 'detached' })
})

test('a decky\'s page and the dialog tell the interval as it is by now', async () => {
  const set = (interval) => ask('mutation ($d: String!, $i: Duration) { setMutateInterval(input: { deployment: $d, name: "web-01", interval: $i }) { deckies { id } } }', { d: deployment, i: interval })
  await page.goto(`${url}/deckies/${deployment}/web-01`)
  await page.getByText('when asked').waitFor()
  await set('7h')
  await page.getByText('every 7h').waitFor()
  await page.getByRole('button', { name: 'Interval…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('At present: every 7h.').waitFor()
  assert.equal(await dialog.getByLabel('Every', { exact: true }).inputValue(), '7h')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await set(null)
  await page.getByText('when asked').waitFor()
  await page.goto(url + mine)
})

test('what is shown stands in the address', async () => {
  await page.getByRole('searchbox', { name: 'Search the fleet' }).fill('web-02')
  await row('web-01').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Grid' }).click()
  await page.waitForURL(/q=web-02.*view=grid/)
  await page.reload()
  await page.locator('article[data-decky=web-02]').waitFor()
  assert.equal(await row('web-01').count(), 0)
  await page.goto(url + mine)
  await row('web-01').waitFor()
})

test('the decky\'s page has its lifecycles, and each one its steps in full', async () => {
  await row('web-01').getByRole('link', { name: 'web-01' }).click()
  await page.getByRole('heading', { level: 1, name: 'web-01' }).waitFor()
  await page.getByText('by admin').first().waitFor()
  await page.locator('[data-lifecycle]').getByRole('link', { name: 'deploy' }).click()
  await page.getByRole('heading', { level: 1, name: 'Deploy of web-01' }).waitFor()
  await page.locator('.steps li').nth(2).waitFor()
  const steps = await page.locator('.steps li').evaluateAll((items) => items.map((li) => li.value))
  assert.deepEqual(steps, steps.map((_, i) => i + 1), 'numbered 1, 2, 3, … without a gap or a repeat')
})

test('a look at it as a scanner would look tells whether it would fool someone', async () => {
  await page.goto(`${url}/deckies/${deployment}/web-03`)
  await page.getByRole('button', { name: 'Look at it as a scanner would' }).click()
  await page.getByText('Nothing gave it away.').waitFor({ timeout: 60_000 })
  const { decky } = await ask('query ($d: String!) { decky(deployment: $d, name: "web-03") { observedServices } }', { d: deployment })
  for (const service of decky.observedServices) await page.locator('.realism').getByText(new RegExp(`, for .*: .*\\b${service}\\b`)).waitFor()
})

test('what its services are like is chosen on its page, and a wrong choice is told at its place', async () => {
  await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-03", services: ["http", "ssh"] }) { lifecycleIds } }', { d: deployment })
  await page.goto(`${url}/deckies/${deployment}/web-03`)
  const panel = page.getByRole('region', { name: 'Settings' })
  await panel.getByText('Nothing was chosen').waitFor()
  await panel.getByRole('button', { name: 'Change settings…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('server_header', { exact: true }).fill(' nginx')
  await dialog.getByLabel('fake_app', { exact: true }).selectOption('none')
  await dialog.getByLabel('password', { exact: true }).fill('hunter2')
  await dialog.getByRole('button', { name: 'Apply' }).click()
  await dialog.getByRole('alert').filter({ hasText: 'server_header of http' }).waitFor()
  await dialog.getByLabel('server_header', { exact: true }).fill('nginx/1.0.15')
  await dialog.getByRole('button', { name: 'Apply' }).click()
  await dialog.waitFor({ state: 'detached' })
  await panel.getByText('nginx/1.0.15').waitFor()
  const chosen = async () => (await ask('query ($d: String!) { decky(deployment: $d, name: "web-03") { services settings { service key value } } }', { d: deployment })).decky
  assert.deepEqual(await chosen(), {
    services: ['http', 'ssh'],
    settings: [{ service: 'http', key: 'fake_app', value: 'none' }, { service: 'http', key: 'server_header', value: 'nginx/1.0.15' }, { service: 'ssh', key: 'password', value: 'hunter2' }],
  })
  await panel.getByRole('button', { name: 'Change settings…' }).click()
  for (const key of ['server_header', 'password']) await dialog.getByLabel(key, { exact: true }).fill('')
  await dialog.getByLabel('fake_app', { exact: true }).selectOption('')
  await dialog.getByRole('button', { name: 'Apply' }).click()
  await panel.getByText('Nothing was chosen').waitFor()
  assert.deepEqual((await chosen()).settings, [])
})

test('the lifecycles are told as they happen, by the filters in the address', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Lifecycles' }).click()
  await page.getByLabel('Operation').selectOption('MUTATE')
  await page.getByLabel('Decky').fill('web-02')
  const told = () => page.locator('[data-lifecycle]').allTextContents()
  await until(async () => (await told()).length >= 1 && (await told()).every((text) => text.includes('web-02')), 'there are some, and no others')
  const before = await page.locator('[data-lifecycle]').count()
  await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-02" }) { lifecycleIds } }', { d: deployment })
  await until(async () => await page.locator('[data-lifecycle]').count() === before + 1, 'one more, without a reload')
  await page.goto(url + mine)
})

test('addresses of what never was say so', async () => {
  await page.goto(`${url}/deckies/${deployment}/nope`)
  await page.getByText('There is no decky of this name').waitFor()
  assert.equal(await page.getByText('It is gone').count(), 0)
  await page.goto(`${url}/lifecycles/lcy_x`)
  await page.getByText('There is no such lifecycle').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Ask again' }).count(), 0)
  await page.goto(url + mine)
})

test('a pick that could not be asked for says so in our words, and is asked for when the server is back', async () => {
  const third = await browser.newPage()
  let down = false
  const sockets = new Set()
  await third.routeWebSocket(/\/graphql$/, (socket) => {
    if (down) return void socket.close({ code: 1012, reason: 'Service restart' })
    socket.connectToServer()
    sockets.add(socket)
  })
  await third.route(/graphql$/, (route) => (down ? route.abort('connectionrefused') : route.fallback()))
  await third.goto(url + mine)
  if (password) await signIn(third)
  await third.locator('[data-connection=live]').waitFor()
  await third.getByRole('button', { name: 'Mutate web-02…' }).waitFor()
  down = true
  for (const socket of sockets) await socket.close({ code: 1012, reason: 'Service restart' })
  await third.locator('[data-connection=reconnecting]').waitFor()
  await third.getByRole('button', { name: 'Mutate web-02…' }).click()
  const dialog = third.getByRole('dialog')
  await dialog.getByRole('alert').filter({ hasText: 'The server does not answer.' }).waitFor()
  assert.equal(await third.getByText(/asking…|fetch/i).count(), 0)
  down = false
  await dialog.getByRole('button', { name: 'Mutate', exact: true }).and(third.locator(':enabled')).waitFor()
  await dialog.getByRole('alert').waitFor({ state: 'detached' })
  await third.close()
})

test('a break is shown with its beginning, and what happened meanwhile is told once', async () => {
  const second = await browser.newPage()
  let broken = false
  const sockets = new Set()
  await second.routeWebSocket(/\/graphql$/, (socket) => {
    if (broken) return void socket.close({ code: 1012, reason: 'Service restart' })
    socket.connectToServer()
    sockets.add(socket)
  })
  await second.goto(`${url}/lifecycles?decky=web-03`)
  if (password) await signIn(second)
  await second.locator('[data-connection=live]').waitFor()
  broken = true
  for (const socket of sockets) await socket.close({ code: 1012, reason: 'Service restart' })
  await second.locator('[data-connection=reconnecting] time').first().waitFor()
  const { mutateDecky } = await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-03" }) { lifecycleIds } }', { d: deployment })
  const [id] = mutateDecky.lifecycleIds
  await until(async () => (await ask('query ($i: ID!) { lifecycles(ids: [$i]) { edges { node { status } } } }', { i: id })).lifecycles.edges[0].node.status === 'SUCCEEDED', 'it is done')
  broken = false
  await second.locator('[data-connection=live]').waitFor()
  const item = second.locator(`[data-lifecycle="${id}"]`)
  await item.getByText('succeeded').waitFor()
  assert.equal(await item.count(), 1)
  await second.close()
})

test('teardown names what goes and asks first, and the decky goes', async () => {
  const askFor = async () => {
    await row('web-03').getByRole('button', { name: 'More for web-03' }).click()
    await page.getByRole('menuitem', { name: 'Tear down…' }).click()
    await page.getByRole('dialog').getByRole('heading', { name: 'Tear down web-03?' }).waitFor()
  }
  await askFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await row('web-03').count(), 1)
  await askFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Tear down' }).click()
  await row('web-03').waitFor({ state: 'detached', timeout: 60_000 })
  assert.equal(await row('web-01').count(), 1)
})

test('a deploy that is canceled leaves no decky on the page', async () => {
  const { deploy } = await ask('mutation ($d: String!) { deploy(input: { deployment: $d, deckies: [{ name: "dropped", services: ["ssh"] }] }) { lifecycleIds } }', { d: deployment })
  const [id] = deploy.lifecycleIds
  await ask('mutation ($i: ID!) { cancelLifecycle(id: $i) { lifecycle { id } } }', { i: id })
  await until(async () => (await ask('query ($i: ID!) { lifecycles(ids: [$i]) { edges { node { status } } } }', { i: id })).lifecycles.edges[0].node.status === 'CANCELED', 'it is canceled')
  // What comes later shows: so the page has been told of all that came before.
  await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-02", services: ["telnet"] }) { lifecycleIds } }', { d: deployment })
  await row('web-02').locator('.chips .confirmed', { hasText: 'telnet' }).waitFor({ timeout: 60_000 })
  await row('dropped').waitFor({ state: 'detached' })
})

test('the keyboard goes everywhere', async () => {
  await page.locator('main').focus()
  await page.keyboard.press('/')
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search')
  await page.locator('main').focus()
  await page.keyboard.type('gl')
  await page.getByRole('heading', { level: 1, name: 'Lifecycles' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  await page.keyboard.press('Escape')
  await page.goto(url + mine)
})

test('who may only look signs in, chooses a password, and is offered nothing that would fail', needsUsers, async () => {
  const name = freshName('vera')
  const { createUser } = await ask('mutation ($u: String!) { createUser(input: { username: $u, role: VIEWER }) { password } }', { u: name })
  const viewer = await openPage(browser, mine, name, createUser.password)
  await viewer.getByRole('heading', { name: 'Choose a password' }).waitFor()
  const change = async (again) => {
    await viewer.getByLabel('Present password').fill(createUser.password)
    await viewer.getByLabel('New password', { exact: true }).fill('a choice of her own')
    await viewer.getByLabel('The new password again').fill(again)
    await viewer.getByRole('button', { name: 'Change password' }).click()
  }
  await change('a choice of her owm')
  await viewer.getByRole('alert').filter({ hasText: 'differ' }).waitFor()
  await change('a choice of her own')
  await viewer.locator('[data-decky="web-01"]').waitFor()
  const nothing = async () => {
    for (const what of [/Mutate/, /Tear down/, /^Deploy/, /Interval/, /More for/, /Retry/]) assert.equal(await viewer.getByRole('button', { name: what }).count(), 0, String(what))
    assert.equal(await viewer.getByRole('checkbox').count(), 0)
    assert.equal(await viewer.getByRole('link', { name: 'Deploy', exact: true }).count(), 0)
  }
  await nothing()
  await viewer.getByRole('link', { name: 'web-01' }).click()
  await viewer.getByRole('heading', { level: 1, name: 'web-01' }).waitFor()
  await nothing()
  await viewer.goto(`${url}/deploy`)
  await viewer.getByText('You may look, not deploy').waitFor()
  await viewer.close()
})

test('a session that is ended elsewhere asks to sign in again', needsUsers, async () => {
  const { token } = JSON.parse(await page.evaluate(() => sessionStorage.getItem('decnet.session')))
  await fetch(`${url}/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: 'mutation { logout { ok } }' }),
  })
  await page.getByText('Your session is over. Sign in again.').waitFor()
})
