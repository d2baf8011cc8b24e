// What intruders did: live, held still, replayed, and always as text. And every page as a screen reader has it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { ask, faults, freshName, ftpLogin, openBrowser, openPage, tearDown, until, url } from './browser.mjs'

const deployment = freshName('evi')
const markup = '<img src=x onerror=alert(1)><script>document.title="owned"</script>'
let browser, page, ftp

before(async () => {
  browser = await openBrowser()
  await ask('mutation ($input: DeployInput!) { deploy(input: $input) { lifecycleIds } }', { input: { deployment, deckies: [{ name: 'files', services: ['ftp'] }] } })
  const endpoints = async () => (await ask('query ($d: String!) { decky(deployment: $d, name: "files") { endpoints { address port } } }', { d: deployment })).decky.endpoints
  await until(async () => (await endpoints()).length === 1, 'the decky answers', 120_000)
  ;[ftp] = await endpoints()
  page = await openPage(browser, '/interactions?decky=files')
  await page.locator('[data-connection=live]').waitFor()
})

after(async () => {
  await tearDown(deployment)
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

const items = () => page.locator('[data-interaction]')
const knock = (user, secret = 'hunter2') => ftpLogin(ftp.address, ftp.port, user, secret)

test('what an intruder does shows as it happens, and markup in it does nothing', async () => {
  await knock(`${markup}\u202Egnp\u0007`)
  const item = items().filter({ hasText: markup }).filter({ hasText: 'auth_attempt' })
  await item.first().waitFor()
  assert.equal(await page.locator('main img, main script').count(), 0)
  assert.equal(await page.title(), 'Interactions · decnet')
  const text = await item.first().innerText()
  assert.doesNotMatch(text, /[\u202E\u0007]/, 'nothing turns the line around')
  assert.match(text, /202E|\\xe2\\x80\\xae/i, 'and the page says what was there')
})

test('the details have every fact, and all of one that the list cuts short', async () => {
  await knock(`long-${'a'.repeat(600)}-end`)
  const item = items().filter({ hasText: 'auth_attempt' }).filter({ hasText: 'long-aaa' }).first()
  await item.getByText(/… and \d+ more characters/).first().waitFor()
  await item.getByRole('button', { name: 'details: auth_attempt on files' }).click()
  const facts = item.getByRole('group', { name: 'Facts' })
  await facts.getByText(/-end$/).first().waitFor()
  assert.ok(await facts.getByText('src_port', { exact: true }).count() > 0, 'also what the list never shows')
  assert.deepEqual(await faults(page), [])
  await item.getByRole('button', { name: 'details: auth_attempt on files' }).click()
  await facts.waitFor({ state: 'detached' })
})

test('a held feed stands still, says what waits, and goes on with all of it', async () => {
  await page.getByRole('button', { name: 'Pause' }).click()
  const before = await items().count()
  await knock('while-held')
  await page.getByRole('status').filter({ hasText: 'new since you held it' }).waitFor()
  assert.equal(await items().count(), before)
  await page.getByRole('button', { name: 'Go on' }).click()
  await items().filter({ hasText: 'while-held' }).first().waitFor()
  const ids = await items().evaluateAll((all) => all.map((i) => i.dataset.interaction))
  assert.equal(new Set(ids).size, ids.length, 'nothing twice')
})

test('the filters narrow what is shown while they are typed, also what comes', async () => {
  await knock('narrow-one')
  await items().filter({ hasText: 'narrow-one' }).first().waitFor()
  await page.getByLabel('Tried to sign in as').pressSequentially('NARROW')
  await until(async () => (await items().allTextContents()).every((text) => text.includes('narrow-one')) && await items().count() > 0, 'those alone, without Enter')
  await page.waitForURL(/principal=NARROW/)
  await knock('other')
  await knock('narrow-two')
  await items().filter({ hasText: 'narrow-two' }).first().waitFor()
  assert.equal(await items().filter({ hasText: 'other' }).count(), 0)
  await page.getByLabel('Tried to sign in as').fill('')
  await items().filter({ hasText: 'other' }).first().waitFor()
  await page.getByLabel('Kind').selectOption('auth_attempt')
  await until(async () => await items().count() > 0 && await items().filter({ hasNotText: 'auth_attempt' }).count() === 0, 'one kind alone')
  await page.getByLabel('Kind').selectOption('')
  await page.getByLabel('Source address').fill('127.')
  await items().filter({ hasText: 'narrow-two' }).first().waitFor()
  await page.getByLabel('Source address').fill('203.0.')
  await page.getByText('Nothing recorded is like that').waitFor()
  await page.getByLabel('Source address').fill('')
  await items().filter({ hasText: 'narrow-two' }).first().waitFor()
  await page.getByLabel('Until', { exact: true }).fill('2020-01-01T00:00')
  await page.getByText('Nothing recorded is like that').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await items().filter({ hasText: 'narrow-two' }).first().waitFor()
  assert.equal(await page.getByLabel('Until', { exact: true }).inputValue(), '')
  await page.getByLabel('Asked for').fill('narrow-ONE')
  await until(async () => await items().count() > 0 && (await items().allTextContents()).every((text) => text.includes('narrow-one')), 'what was asked with that in it alone')
  await page.getByLabel('Asked for').fill('')
  await page.getByLabel('Decky').fill('fil')
  await until(async () => (await page.locator('datalist option').evaluateAll((all) => all.map((o) => o.value))).includes('files'), 'what there is like it is offered')
  await items().filter({ hasText: 'narrow-two' }).first().waitFor()
  await page.getByLabel('Decky').fill('files')
})

test('who was let in is told from who tried', async () => {
  await knock('anonymous', 'guest@example.org')
  const attempt = (user) => items().filter({ hasText: 'auth_attempt' }).filter({ hasText: user }).first()
  await attempt('anonymous').waitFor()
  const { interactions } = await ask('query ($d: String!) { interactions(last: 20, where: { deploymentName: $d, principal: "anonymous", type: "auth_attempt" }) { edges { node { outcome } } } }', { d: deployment })
  const accepted = interactions.edges[0].node.outcome === 'accepted'
  assert.equal(await attempt('anonymous').getByText('let in').count(), accepted ? 1 : 0)
  assert.equal(await attempt('narrow-one').getByText('let in').count(), 0)
})

test('each tick of the chart has its line, and the highest is in sight', async () => {
  await page.locator('.recharts-yAxis .recharts-cartesian-axis-tick').first().waitFor({ state: 'attached' })
  const places = (what, at) => page.locator(what).evaluateAll((all, name) => all.map((one) => Math.round(Number(one.getAttribute(name)))).sort((a, b) => a - b), at)
  const lines = await places('.recharts-cartesian-grid-horizontal line', 'y1')
  const ticks = await page.locator('.recharts-yAxis .recharts-cartesian-axis-tick').count()
  assert.equal(lines.length, ticks)
  assert.ok(lines[0] >= 8, `the highest is at ${lines[0]}`)
})

test('the charts count it', async () => {
  await page.getByRole('table', { name: 'By service' }).getByText('ftp').waitFor()
  await page.getByText(/^[1-9]\d* from 1 address$/).waitFor()
})

test('what could not be asked is asked again once the server answers, without a click', async () => {
  const gone = (route) => route.request().method() === 'POST' ? route.abort('connectionrefused') : route.fallback()
  const goTo = (name) => page.getByRole('navigation').getByRole('link', { name }).click()
  for (const [place, shown] of [['Attackers', '[data-attacker]'], ['Known sources', '.page > .empty'], ['Deploy', '[data-planned]']]) {
    await page.route('**/graphql', gone)
    await goTo(place)
    await page.getByText('The server does not answer.').first().waitFor()
    await page.unroute('**/graphql', gone)
    await page.locator(shown).first().waitFor()
    await until(async () => await page.getByText('The server does not answer.').count() === 0, `${place} no longer says that the server is gone`)
  }
})

test('it adds up to an attacker, a credential and a session, markup and all', async () => {
  await page.goto(`${url}/attackers`)
  await page.locator('[data-attacker]').first().waitFor()
  await page.goto(`${url}/credentials`)
  const credential = page.locator('[data-credential]').filter({ hasText: markup })
  await credential.waitFor()
  assert.match(await credential.innerText(), /hunter2/)
  assert.equal(await page.locator('main img, main script').count(), 0)
  await page.goto(`${url}/sessions`)
  await page.getByRole('columnheader', { name: 'Login tried' }).waitFor()
  const replay = page.locator('[data-session]').first().getByRole('link', { name: /^Replay: ftp on files/ })
  await replay.click()
  await page.locator('[data-frames]').waitFor()
})

test('a heading orders a list, which stands in the address, and keeps the focus', async () => {
  for (const secret of ['twice', 'twice', 'once']) await knock('orderly', secret)
  await page.goto(`${url}/credentials?q=orderly`)
  const secrets = async () => (await page.locator('[data-credential] td:nth-child(2)').allTextContents()).join()
  await until(async () => await secrets() === 'twice,once', 'what was tried most comes first')
  const tried = page.getByRole('columnheader', { name: 'Tried', exact: true })
  assert.equal(await tried.getAttribute('aria-sort'), 'descending')
  await tried.getByRole('button').focus()
  await page.keyboard.press('Enter')
  await until(async () => await secrets() === 'once,twice', 'and last, once the heading is pressed')
  assert.equal(await tried.getAttribute('aria-sort'), 'ascending')
  await page.waitForURL(/q=orderly&sort=attempts-up/)
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Tried')
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()])
  assert.equal(file.suggestedFilename(), 'credentials.jsonl')
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(lines.map((c) => [c.principal, c.secret]), [['orderly', 'once'], ['orderly', 'twice']])
  await page.getByRole('link', { name: '2 tries of it' }).click()
  await until(async () => await items().count() === 2 && (await items().allTextContents()).every((text) => text.includes('twice')), 'its tries, and no others')
})

test('a session is called by its ID, which is on its page, and found by its key as well', async () => {
  const { sessions } = await ask('query ($d: String!) { sessions(first: 1, where: { deploymentName: $d }) { edges { node { id key } } } }', { d: deployment })
  const [{ node: { id, key } }] = sessions.edges
  for (const name of [id, key]) {
    await page.goto(`${url}/sessions/${encodeURIComponent(name)}`)
    await page.getByText(id, { exact: true }).waitFor()
    await page.locator('[data-frames]').waitFor()
  }
  for (const name of ['ses_x', 'no-such']) {
    await page.goto(`${url}/sessions/${name}`)
    await page.getByText('There is no such session').waitFor()
  }
  await page.goto(`${url}/sessions`)
  await page.locator('[data-session]').first().getByRole('link', { name: /^Replay/ }).click()
  await page.locator('[data-frames]').waitFor()
  await page.waitForURL(/\/sessions\/ses_/)
})

test('in a narrow window one sees where one is, and addresses are whole', async () => {
  const address = page.url()
  await page.setViewportSize({ width: 390, height: 844 })
  for (const [place, rows] of [['/sessions', '[data-session]'], ['/attackers', '[data-attacker]'], ['/credentials', '[data-credential]']]) {
    await page.goto(url + place)
    await page.locator(rows).first().waitFor()
    const { x, width } = await page.locator('.way[aria-current]').boundingBox()
    assert.ok(x >= 0 && x + width <= 390, `${place}: the way is at ${x}`)
    const heights = await page.locator('td .address, th .address').evaluateAll((all) => all.map((one) => one.getClientRects().length))
    assert.ok(heights.length > 0 && heights.every((lines) => lines === 1), `${place}: ${heights}`)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390, 'the page itself is no wider')
  }
  await page.setViewportSize({ width: 1440, height: 1000 })
  await page.goto(address)
  await page.locator('[data-frames]').waitFor()
})

test('a session is replayed from its beginning to its end, as text', async () => {
  const player = page.locator('[data-frames]')
  const frames = Number(await player.getAttribute('data-frames'))
  await player.getByRole('button', { name: 'To the beginning' }).click()
  await until(async () => Number(await player.getAttribute('data-played')) < frames, 'it is at the beginning')
  await player.getByLabel('Speed').selectOption('16')
  await player.getByRole('button', { name: 'Play' }).click()
  await until(async () => Number(await player.getAttribute('data-played')) === frames, 'it has played to the end')
  assert.equal(await page.locator('main img, main script').count(), 0)
})

test('a source that is named as known is hidden until one asks for it, and an intruder again once it is removed', async () => {
  const address = page.url()
  await page.goto(`${url}/attackers`)
  const row = page.locator('[data-attacker]').first()
  const source = await row.getAttribute('data-attacker')
  await row.getByRole('button', { name: /^It is known/ }).click()
  const dialog = page.getByRole('dialog')
  assert.equal(await dialog.getByLabel('Address, or network').inputValue(), source)
  await dialog.getByLabel('Who that is').fill('the browser test')
  await dialog.getByRole('button', { name: 'It is known' }).click()
  await row.getByRole('link', { name: 'the browser test' }).click()
  const known = page.locator('[data-known]').filter({ hasText: 'the browser test' })
  await known.waitFor()

  await knock('known-one')
  await until(async () => (await ask('{ interactions(first: 1, where: { principal: "known-one" }) { edges { node { origin } } } }')).interactions.edges[0]?.node.origin === 'KNOWN', 'it is recorded')
  await page.goto(`${url}/interactions?decky=files&principal=known-one`)
  await page.getByText('Nothing recorded is like that').waitFor()
  await page.getByLabel('Whose').selectOption('known')
  await items().filter({ hasText: 'known-one' }).first().getByText('known', { exact: true }).waitFor()

  await page.goto(`${url}/known`)
  await until(async () => Number(await known.locator('td.number a').textContent()) > 0, 'it tells how much it hid')
  await known.getByRole('button', { name: /^Remove/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
  await page.getByText('None is known').waitFor()
  await page.goto(`${url}/interactions?decky=files`)
  await knock('known-no-more')
  await items().filter({ hasText: 'known-no-more' }).first().waitFor()
  await page.goto(address)
  await page.locator('[data-frames]').waitFor()
})

test('axe finds no serious fault, in either theme', async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const { lifecycles } = await ask('query ($d: String!) { lifecycles(first: 1, where: { deploymentName: $d }) { edges { node { id } } } }', { d: deployment })
  const addresses = ['/', '/?view=grid', '/deploy', '/lifecycles', `/lifecycles/${lifecycles.edges[0].node.id}`, `/deckies/${deployment}/files`,
    '/interactions', '/attackers', '/credentials', '/sessions', '/known', new URL(page.url()).pathname]
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const address of addresses) {
      await page.goto(url + address)
      await page.locator('[data-connection=live]').waitFor()
      await page.locator('h1').waitFor()
      await until(async () => await page.locator('.waiting').count() === 0, 'the page has loaded')
      assert.deepEqual(await faults(page), [], `${address}, ${colorScheme}`)
    }
    await page.goto(url)
    await page.getByRole('button', { name: /^Mutate files/ }).first().click()
    await page.getByRole('dialog').waitFor()
    assert.deepEqual(await faults(page), [], `a dialog, ${colorScheme}`)
  }
})
