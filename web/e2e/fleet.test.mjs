import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, freshName, ftpLogin, openBrowser, password, signIn, url } from './browser.mjs'

const deployment = freshName('e2e')
let browser, page

before(async () => {
  browser = await openBrowser()
  page = await browser.newPage()
  page.setDefaultTimeout(20_000)
})

after(async () => {
  await ask(`mutation ($d: String!) { teardown(input: { deployment: $d }) { lifecycleIds } }`, { d: deployment })
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

const row = (name) => page.locator(`tr[data-decky="${name}"]`)
const live = () => page.locator('[data-connection=live]').waitFor()

/** Deploys as a script does. */
const deploy = (name, count, services) =>
  ask(`mutation ($input: DeployInput!) { deploy(input: $input) { lifecycleIds } }`, {
    input: { deployment, deckies: [{ name, count, services }] },
  })

test('a wrong password is refused in the server\'s words, the right one lets in', { skip: !password && 'the server asks nobody to sign in' }, async () => {
  await page.goto(url)
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill('certainly not this one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: 'the user name or the password is wrong' }).waitFor()
  await signIn(page)
  await live()
  await page.reload()
  await live()
})

test('a script\'s deploy shows without a reload', async () => {
  if (!password) await page.goto(url)
  await live()
  await deploy('web', 2, ['http', 'ftp'])
  for (const name of ['web-01', 'web-02']) {
    await row(name).getByText('running', { exact: true }).first().waitFor()
    await row(name).getByText('succeeded').first().waitFor()
  }
})

test('the mutate button streams its steps, each once', async () => {
  await row('web-01').getByRole('button', { name: 'Mutate web-01' }).click()
  await page.getByRole('status').filter({ hasText: 'Mutate web-01: succeeded' }).waitFor()
  const steps = await row('web-01').locator('.steps li').evaluateAll((items) => items.map((li) => [li.value, li.textContent]))
  assert.ok(steps.length >= 3, `steps: ${steps}`)
  assert.deepEqual(steps.map(([seq]) => seq), steps.map((_, i) => i + 1), 'numbered 1, 2, 3, … without a gap or a repeat')
  assert.match(steps[0][1], /pending/)
  assert.match(steps.at(-1)[1], /succeeded/)
  await row('web-01').getByText('not in step').waitFor({ state: 'detached' })
})

test('a preview changes nothing; a refusal is shown in the server\'s words', async () => {
  await page.getByLabel('Name', { exact: true }).fill('planned')
  await page.getByLabel('Deployment', { exact: true }).fill(deployment)
  await page.getByLabel('Archetype').selectOption('linux-server')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.locator('table.plan').getByText('planned-03').waitFor()
  assert.equal(await row('planned-01').count(), 0)
  await page.getByLabel('Count').fill('100000')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByRole('alert').filter({ hasText: 'input.deckies.0.count: count is 100000' }).waitFor()
})

test('a break is shown, and what happened meanwhile is told once', async () => {
  const second = await browser.newPage()
  second.setDefaultTimeout(20_000)
  let broken = false
  const sockets = new Set()
  await second.routeWebSocket(/\/graphql$/, (socket) => {
    if (broken) return void socket.close({ code: 1012, reason: 'Service restart' })
    socket.connectToServer()
    sockets.add(socket)
  })
  await second.goto(url)
  if (password) await signIn(second)
  await second.locator('[data-connection=live]').waitFor()
  broken = true
  for (const socket of sockets) await socket.close({ code: 1012, reason: 'Service restart' })
  await second.locator('[data-connection=reconnecting]').waitFor()
  const { mutateDecky } = await ask(`mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "web-02" }) { lifecycleIds } }`, { d: deployment })
  const [id] = mutateDecky.lifecycleIds
  assert.equal(await second.locator(`[data-lifecycle="${id}"]`).count(), 0, 'the page does not know yet')
  broken = false
  const entry = second.locator(`[data-lifecycle="${id}"]`)
  await entry.locator('.steps li').filter({ hasText: 'succeeded' }).waitFor({ state: 'attached' })
  await second.locator('[data-connection=live]').waitFor()
  const seqs = await entry.locator('.steps li').evaluateAll((items) => items.map((li) => li.value))
  assert.deepEqual(seqs, seqs.map((_, i) => i + 1))
  assert.equal(await entry.count(), 1)
  await second.close()
})

test('what an intruder sends is shown as text, and does nothing', async (t) => {
  const { server } = await ask('{ server { engine } }')
  if (server.engine === 'sim') return t.skip('a sim decky has nothing to connect to: use --engine process')
  await deploy('bait', 1, ['ftp'])
  await row('bait').getByText('succeeded').first().waitFor()
  const { decky } = await ask(`query ($d: String!) { decky(name: "bait", deployment: $d) { endpoints { address port } } }`, { d: deployment })
  const [{ address, port }] = decky.endpoints
  const markup = '<img src=x onerror=alert(1)><script>document.title="owned"</script>'
  await ftpLogin(address, port, `${markup}\u202Egnp\u0007`, 'hunter2')
  const item = page.locator('[data-interaction]').filter({ hasText: markup })
  await item.first().waitFor()
  assert.equal(await page.locator('[data-interaction] img, [data-interaction] script').count(), 0)
  assert.equal(await page.title(), 'Fleet · decnet')
  const text = await item.first().innerText()
  assert.doesNotMatch(text, /[\u202E\u0007]/, 'nothing turns the line around')
  assert.match(text, /202E|\\xe2\\x80\\xae/i, 'and the page says what was there')
})

test('teardown asks first, and the decky goes', async () => {
  await row('web-02').getByRole('button', { name: 'Tear down web-02' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  assert.equal(await row('web-02').count(), 1)
  await row('web-02').getByRole('button', { name: 'Tear down web-02' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Tear down' }).click()
  await row('web-02').waitFor({ state: 'detached' })
  assert.equal(await row('web-01').count(), 1)
})

test('who may only look is offered nothing else', async () => {
  const viewer = await browser.newPage()
  await viewer.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('query Viewer')) return route.fallback()
    return route.fulfill({ json: { data: { viewer: { username: 'looker', role: 'VIEWER', passwordDue: false } } } })
  })
  if (password) await viewer.addInitScript((session) => sessionStorage.setItem('decnet.session', session), await kept())
  await viewer.goto(url)
  await viewer.locator('tr[data-decky="web-01"]').waitFor()
  for (const name of [/Mutate/, /Tear down/, /Deploy/]) assert.equal(await viewer.getByRole('button', { name }).count(), 0)
  await viewer.close()
})

test('who may only look signs in for real, and first chooses a password of their own', { skip: !password && 'the server asks nobody to sign in' }, async () => {
  const name = freshName('vera')
  const { createUser } = await ask(`mutation ($u: String!) { createUser(input: { username: $u, role: VIEWER }) { password } }`, { u: name })
  const viewer = await browser.newPage()
  await viewer.goto(url)
  await viewer.getByLabel('User name').fill(name)
  await viewer.getByLabel('Password').fill(createUser.password)
  await viewer.getByRole('button', { name: 'Sign in' }).click()
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
  await viewer.locator('tr[data-decky="web-01"]').waitFor()
  assert.equal(await viewer.getByRole('button', { name: /Mutate/ }).count(), 0)
  await viewer.close()
})

test('a session that is ended elsewhere asks to sign in again', { skip: !password && 'the server asks nobody to sign in' }, async () => {
  const { token } = JSON.parse(await kept())
  await fetch(`${url}/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: 'mutation { logout { ok } }' }),
  })
  await page.getByText('Your session is over. Sign in again.').waitFor()
})

/** What the page keeps of its session. */
const kept = () => page.evaluate(() => sessionStorage.getItem('decnet.session'))
