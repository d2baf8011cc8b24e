import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, freshName, openBrowser, password, signIn, url } from './browser.mjs'

const deployment = freshName('giql')
let browser, page

before(async () => {
  browser = await openBrowser()
  page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(`${url}/graphiql`)
  if (password) await signIn(page)
  await page.locator('.graphiql-query-editor .view-line').first().waitFor()
})

after(async () => {
  await ask(`mutation ($d: String!) { teardown(input: { deployment: $d }) { lifecycleIds } }`, { d: deployment })
  await browser.close()
  assert.deepEqual(browser.outside, [], 'no other host is asked for anything')
  assert.deepEqual(browser.problems, [], 'nothing is thrown, and the policy has nothing to refuse')
})

/** Runs an operation in a new tab of GraphiQL. */
async function run(query) {
  await page.getByRole('button', { name: 'New tab' }).click()
  await page.locator('.graphiql-query-editor .view-lines').click()
  await page.keyboard.press('ControlOrMeta+a')
  // As a paste, so that the editor closes no bracket of its own.
  await page.keyboard.insertText(query)
  await page.getByRole('button', { name: /^Execute/ }).click()
}

const answer = (text) => page.locator('.graphiql-response .view-lines').filter({ hasText: text }).waitFor()

test('it opens with examples that are right by the schema', async () => {
  for (const name of ['DeployThree', 'FollowLifecycles', 'Mutate', 'WatchFleet', 'Interactions']) {
    await page.getByRole('tab', { name }).click()
    await page.locator('.graphiql-query-editor .view-line').filter({ hasText: new RegExp(`(query|mutation|subscription)\\s${name}`) }).waitFor()
    assert.equal(await page.locator('.graphiql-query-editor .squiggly-error').count(), 0, name)
  }
})

test('a query runs', async () => {
  await run('{ viewer { username role } server { engine } }')
  await answer('"role": "ADMIN"')
})

test('the schema is there to be read', async () => {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.locator('.graphiql-doc-explorer').getByText('Mutation').first().waitFor()
})

test('a subscription shows what happens meanwhile', async () => {
  await run(`subscription { lifecycleUpdated(deployment: "${deployment}") { seq status stage lifecycle { deckyName } } }`)
  await page.getByRole('button', { name: /^Stop/ }).waitFor()
  await ask(`mutation ($d: String!) { deploy(input: { deployment: $d, deckies: [{ name: "seen", services: ["http"] }] }) { lifecycleIds } }`, { d: deployment })
  await answer('SUCCEEDED')
  await page.getByRole('button', { name: /^Stop/ }).click()
})

test('in a narrow window the answer has the whole width, below the question', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  const box = (pane) => page.locator(pane).boundingBox()
  const [question, told] = [await box('.graphiql-query-editor'), await box('.graphiql-response')]
  assert.ok(told.width > 250 && told.height > 120, `it is ${told.width} by ${told.height}`)
  assert.ok(told.y >= question.y + question.height, 'it is below')
  await page.setViewportSize({ width: 1440, height: 1000 })
})

test('an ended session asks to sign in again', { skip: !password && 'the server asks nobody to sign in' }, async () => {
  await run('mutation { logout { ok } }')
  await page.getByText('Your session is over. Sign in again.').waitFor()
})
