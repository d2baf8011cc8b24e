// The wizard: a plan, a deploy that the journal tells, a server that dies in between, and a failure that is tried again.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { createServer } from 'node:net'
import { ask, freshName, killServer, openBrowser, openPage, serverAnswers, tearDown, until, url } from './browser.mjs'

const engine = process.env.DECNET_ENGINE
const deployment = freshName('wiz')
let browser, page

before(async () => {
  browser = await openBrowser()
  page = await openPage(browser, '/deploy')
})

after(async () => {
  await tearDown(deployment)
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

const row = (name) => page.locator(`[data-progress="${name}"]`)

/** Fills the form in. */
async function fill({ prefix, count, archetype, address }) {
  if (!page.url().endsWith('/deploy')) await page.getByRole('navigation').getByRole('link', { name: 'Deploy', exact: true }).click()
  await page.getByRole('radio', { name: archetype }).check()
  await page.getByLabel('Name prefix').fill(prefix)
  await page.getByLabel('Count').fill(String(count))
  await page.getByLabel('Deployment', { exact: true }).fill(deployment)
  if (address) await page.getByLabel('First address').fill(address)
}

test('the plan names the deckies before anything happens, and follows the form', async () => {
  await fill({ prefix: 'plan', count: 2, archetype: /Linux Server/ })
  await page.locator('[data-planned="plan-02"]').getByText('ssh').waitFor()
  await page.getByLabel('Count').fill('3')
  await page.locator('[data-planned="plan-03"]').waitFor()
  assert.match(await page.locator('[data-planned="plan-03"] code').first().textContent(), /^\d+\.\d+\.\d+\.\d+$/)
  const { deckies } = await ask('{ deckies(first: 1, where: { nameHasPrefix: "plan" }) { totalCount } }')
  assert.equal(deckies.totalCount, 0)
})

test('what the server refuses is told in its words, and can not be deployed', async () => {
  await page.getByLabel('Count').fill('100000')
  await page.getByRole('alert').filter({ hasText: 'count is 100000' }).waitFor()
  const count = page.getByLabel('Count')
  assert.equal(await count.getAttribute('aria-invalid'), 'true')
  assert.match(await page.locator(`[id="${await count.getAttribute('aria-describedby')}"]`).textContent(), /^count is 100000/)
  assert.equal(await page.getByRole('button', { name: /^Deploy/ }).isDisabled(), true)
})

test('the form is as it was left, for who looks elsewhere and comes back', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Fleet', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
  await page.getByRole('navigation').getByRole('link', { name: 'Deploy', exact: true }).click()
  assert.equal(await page.getByLabel('Name prefix').inputValue(), 'plan')
  await page.getByRole('radio', { name: /Linux Server/, checked: true }).waitFor()
})

test('three deckies are deployed, and their stages are the journal\'s', async () => {
  await fill({ prefix: 'web', count: 3, archetype: /Linux Server/ })
  await page.getByRole('button', { name: 'Deploy 3 deckies' }).click()
  for (const name of ['web-01', 'web-02', 'web-03']) await row(name).and(page.locator('[data-status=succeeded]')).waitFor({ timeout: 120_000 })
  await page.getByText('3 of 3 up. All of them answer.').waitFor()
  const shown = await row('web-01').locator('.stages li').allTextContents()
  const { lifecycleEvents } = await ask('query ($d: String!) { lifecycleEvents(deployment: $d, decky: "web-01", first: 50) { events { stage } } }', { d: deployment })
  const told = lifecycleEvents.events.map((e) => e.stage).filter((s, i, all) => s && s !== all[i - 1])
  assert.deepEqual(shown, told)
  assert.ok(shown.length >= 2, `stages: ${shown}`)
})

test('who closes the tab and comes back sees where it stands', async () => {
  const address = page.url()
  await page.close()
  page = await openPage(browser, new URL(address).pathname)
  await row('web-03').and(page.locator('[data-status=succeeded]')).waitFor()
  assert.ok(await row('web-03').locator('.stages li').count() >= 2, 'its stages too')
})

test('the server is killed during a deploy: the page says so, and ends with the truth', async () => {
  await fill({ prefix: 'crash', count: 4, archetype: /Linux Server/ })
  await page.getByRole('button', { name: 'Deploy 4 deckies' }).click()
  await row('crash-04').waitFor()
  await killServer()
  await page.locator('[data-connection=reconnecting]').waitFor()
  await serverAnswers()
  await page.locator('[data-connection=live]').waitFor()
  await until(async () => await page.locator('[data-progress^=crash]:is([data-status=succeeded], [data-status=failed])').count() === 4, 'all four are over', 180_000)
  const { lifecycles } = await ask('query ($d: String!) { lifecycles(first: 50, where: { deploymentName: $d, deckyNameHasPrefix: "crash" }) { edges { node { deckyName status } } } }', { d: deployment })
  for (const { node } of lifecycles.edges) assert.equal(await row(node.deckyName).getAttribute('data-status'), node.status.toLowerCase(), node.deckyName)
  assert.equal(lifecycles.edges.length, 4, 'each was deployed once')
})

test('a deploy whose answer was lost is asked again under its key, and done once', async () => {
  await fill({ prefix: 'lost', count: 1, archetype: /Linux Server/ })
  let lose = true
  await page.route('**/graphql', async (route) => {
    const body = route.request().postData() ?? ''
    if (!lose || !body.includes('idempotencyKey')) return route.fallback()
    lose = false
    await route.fetch()
    await route.abort('connectionreset')
  })
  await page.getByRole('button', { name: 'Deploy 1 decky' }).click()
  await row('lost').and(page.locator('[data-status=succeeded]')).waitFor({ timeout: 120_000 })
  assert.equal(lose, false)
  const { lifecycles } = await ask('query ($d: String!) { lifecycles(first: 5, where: { deploymentName: $d, deckyName: "lost" }) { totalCount } }', { d: deployment })
  assert.equal(lifecycles.totalCount, 1)
})

test('a failure has the engine\'s words, and a retry that works once its reason is gone', async () => {
  const { deployment: { network } } = await ask('query ($d: String!) { deployment(name: $d) { network { subnet } } }', { d: deployment })
  const address = network.subnet.replace(/\.\d+\/\d+$/, '.77')
  const free = await occupy(address)
  try {
    await fill({ prefix: 'taken', count: 1, archetype: /Linux Server/, address })
    await page.locator('[data-planned=taken]').getByText(address).waitFor()
    await page.getByRole('button', { name: 'Deploy 1 decky' }).click()
    await row('taken').and(page.locator('[data-status=failed]')).waitFor({ timeout: 60_000 })
  } finally {
    await free()
  }
  const { lifecycles } = await ask('query ($d: String!) { lifecycles(first: 9, where: { deploymentName: $d, deckyName: "taken" }) { edges { node { error { code message } } } } }', { d: deployment })
  const { error } = lifecycles.edges[0].node
  await row('taken').getByText(error.code).waitFor()
  assert.ok((await row('taken').textContent()).includes(error.message), 'in the engine\'s words')
  await row('taken').getByRole('button', { name: 'Retry taken' }).click()
  await row('taken').and(page.locator('[data-status=succeeded]')).waitFor({ timeout: 120_000 })
})

test('a failure that was repaired since is told as such, with nothing to retry', async () => {
  const { deployment: { network } } = await ask('query ($d: String!) { deployment(name: $d) { network { subnet } } }', { d: deployment })
  const address = network.subnet.replace(/\.\d+\/\d+$/, '.78')
  const free = await occupy(address)
  try {
    await fill({ prefix: 'mended', count: 1, archetype: /Linux Server/, address })
    await page.locator('[data-planned=mended]').getByText(address).waitFor()
    await page.getByRole('button', { name: 'Deploy 1 decky' }).click()
    await row('mended').and(page.locator('[data-status=failed]')).waitFor({ timeout: 60_000 })
    await page.getByText('0 of 1 up, 1 failed').waitFor()
    const width = (part) => page.locator(`.bar-of .${part}`).evaluate((one) => one.getBoundingClientRect().width)
    assert.ok(await width('failed') > 0 && await width('well') === 0, 'the bar has the failure for what it is')
  } finally {
    await free()
  }
  await ask('mutation ($d: String!) { mutateDecky(input: { deployment: $d, name: "mended", services: ["ssh"] }) { lifecycleIds } }', { d: deployment })
  await row('mended').getByText('failed at first, repaired since').waitFor({ timeout: 120_000 })
  await page.getByText(/^1 of 1 up, 1 failed at first and repaired since/).waitFor()
  assert.equal(await page.getByRole('button', { name: /^Retry/ }).count(), 0)
  assert.equal(await page.locator('.bar-of .failed').evaluate((one) => one.getBoundingClientRect().width), 0)
})

test('in a narrow window the deploy is at hand, however far the form goes', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await fill({ prefix: 'narrow', count: 2, archetype: /Linux Server/ })
  const button = page.getByRole('button', { name: 'Deploy 2 deckies' })
  await button.waitFor()
  for (const y of [0, 600, 1e6]) {
    await page.evaluate((to) => scrollTo(0, to), y)
    const box = await button.boundingBox()
    assert.ok(box.y >= 0 && box.y + box.height <= 844, `scrolled by ${y}, it is at ${box.y}`)
  }
  assert.equal(await page.getByRole('button', { name: /^Deploy / }).count(), 1)
  await page.setViewportSize({ width: 1440, height: 1000 })
})

/** Takes an address of the deployment's network for somebody else. */
async function occupy(address) {
  if (engine !== 'docker') {
    // And the port that a process takes where it may not have the first.
    const squatters = [22, 10_022].map((port) => createServer().listen(port, address))
    return () => Promise.all(squatters.map((squatter) => new Promise((done) => squatter.close(done))))
  }
  const docker = (...args) => execFileSync('docker', args, { encoding: 'utf8' }).trim()
  const [image] = docker('ps', '--filter', `label=decnet.deployment=${deployment}`, '--format', '{{.Image}}').split('\n')
  const [network] = docker('network', 'ls', '--filter', `label=decnet.deployment=${deployment}`, '-q').split('\n')
  // Another decoy, with the identity of one that is there: an address is taken by whoever runs with it.
  const [twin] = docker('ps', '--filter', `label=decnet.deployment=${deployment}`, '-q').split('\n')
  const environment = JSON.parse(docker('inspect', '-f', '{{json .Config.Env}}', twin)).flatMap((e) => ['--env', e])
  const squatter = docker('create', '--network', network, '--ip', address, '--tmpfs', '/state:mode=1777', ...environment, image, '--state', '/state')
  docker('start', squatter)
  assert.equal(docker('inspect', '-f', '{{.State.Running}}', squatter), 'true')
  return async () => docker('rm', '-f', squatter)
}
