// How the fleet's page bears a large fleet under steady mutation: `make bench-web`. It wants a server with the sim engine, whose deckies cost nothing. It prints
// the long tasks (beyond 50 ms the page feels slow) and how late frames came, while somebody watches and while they scroll and search, and the heap as it goes.
import { ask, openBrowser, openPage, until } from './browser.mjs'

const deckies = Number(process.env.BENCH_DECKIES ?? 2000)
const duration = milliseconds(process.env.BENCH_FOR ?? '10m')
/** Mutations a second. */
const rate = Number(process.env.BENCH_RATE ?? 10)
const perDeployment = 1000
const perDeploy = 200

const deployments = Array.from({ length: Math.ceil(deckies / perDeployment) }, (_, i) => `bench-${i + 1}`)
for (const [i, deployment] of deployments.entries()) {
  const here = Math.min(perDeployment, deckies - i * perDeployment)
  for (let n = 0; n < here; n += perDeploy) {
    await ask('mutation ($input: DeployInput!) { deploy(input: $input) { lifecycleIds } }', {
      input: { deployment, deckies: [{ name: `d${n / perDeploy}`, count: Math.min(perDeploy, here - n) }] },
    })
  }
}
const running = async () => (await ask('{ deckies(first: 1, where: { state: RUNNING }) { totalCount } }')).deckies.totalCount
await until(async () => await running() === deckies, `${deckies} deckies run`, 300_000)
console.log(`${deckies} deckies run`)

const browser = await openBrowser({ flags: ['--js-flags=--expose-gc', '--enable-precise-memory-info'] })
const page = await openPage(browser)
await page.getByText(`${deckies} deckies`).waitFor()
await page.evaluate(() => {
  globalThis.now = 'watching'
  globalThis.seen = { watching: { tasks: [], frames: [] }, busy: { tasks: [], frames: [] } }
  new PerformanceObserver((list) => globalThis.seen[globalThis.now].tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask' })
  let last = performance.now()
  const frame = (at) => {
    globalThis.seen[globalThis.now].frames.push(at - last)
    last = at
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
})

const names = (await Promise.all(deployments.map(async (d) => (await ask('query ($d: String!) { deployment(name: $d) { deckies(first: 200) { edges { node { name } } } } }', { d })).deployment.deckies.edges.map((e) => [d, e.node.name])))).flat()
const mutated = { accepted: 0, refused: 0 }
let turn = 0
const mutate = () => {
  const [deployment, name] = names[turn++ % names.length]
  ask('mutation ($d: String!, $n: String!) { mutateDecky(input: { deployment: $d, name: $n }) { lifecycleIds } }', { d: deployment, n: name })
    .then(() => mutated.accepted++, () => mutated.refused++)
}
const mutating = setInterval(mutate, 1000 / rate)

const heap = () => page.evaluate(() => {
  globalThis.gc()
  return performance.memory.usedJSHeapSize
})
const began = Date.now()
const first = await heap()
const samples = []
const every = Math.min(60_000, duration / 5)
const spent = { watching: 0, busy: 0 }
for (let next = every; Date.now() - began < duration;) {
  await spend('watching', () => page.waitForTimeout(5_000))
  await spend('busy', look)
  if (Date.now() - began < next) continue
  samples.push(await heap())
  console.log(`${Math.round((Date.now() - began) / 1000)} s: heap ${mega(samples.at(-1))}, ${await page.evaluate(() => globalThis.seen.watching.tasks.length)} long tasks while watching, ${await page.evaluate(() => globalThis.seen.busy.tasks.length)} while busy`)
  next += every
}
clearInterval(mutating)

const seen = await page.evaluate(() => globalThis.seen)
console.log(`
${deckies} deckies, ${minutes(Date.now() - began).toFixed(1)} minutes, ${mutated.accepted} mutations accepted, ${mutated.refused} refused
watching: ${told('watching')}
scrolling and searching without a pause: ${told('busy')}
heap: ${mega(first)} at the beginning, ${mega(samples.at(-1) ?? first)} at the end
rows in the document: ${await page.locator('[data-decky]').count()} of ${deckies}`)
await browser.close()

/** What a person does meanwhile: scrolls, searches, clears the search. */
async function look() {
  const table = page.getByRole('table', { name: 'Fleet' })
  for (let i = 0; i < 10; i++) {
    await table.evaluate((box, y) => box.scrollTo({ top: y }), (i * 977) % 9 * 9000)
    await page.waitForTimeout(150)
  }
  await page.getByRole('searchbox', { name: 'Search the fleet' }).pressSequentially('ssh', { delay: 60 })
  await page.waitForTimeout(500)
  await page.getByRole('searchbox', { name: 'Search the fleet' }).fill('')
  await page.waitForTimeout(500)
}

/** Notes the browser's figures under what is being done. */
async function spend(doing, what) {
  await page.evaluate((to) => (globalThis.now = to), doing)
  const from = Date.now()
  await what()
  spent[doing] += Date.now() - from
}

function told(doing) {
  const { tasks, frames } = seen[doing]
  const sorted = frames.sort((a, b) => a - b)
  const at = (share) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)
  return `${(tasks.length / minutes(spent[doing])).toFixed(1)} long tasks a minute, the longest ${Math.round(Math.max(0, ...tasks))} ms; a frame takes ${at(0.5)} ms, one in a hundred ${at(0.99)} ms`
}

function minutes(milliseconds) {
  return milliseconds / 60_000
}

function mega(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function milliseconds(text) {
  const [, n, unit] = /^(\d+)(s|m)$/.exec(text) ?? []
  if (!n) throw new Error(`${text} is not a length of time such as 90s or 10m`)
  return Number(n) * (unit === 'm' ? 60_000 : 1_000)
}
