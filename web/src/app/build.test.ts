import { expect, test } from 'vitest'
import { differs } from './build'

const page = (entry: string) => `<!doctype html><html><head><script type="module" crossorigin src="${entry}"></script></head></html>`

test('another build is known by the name of its entry', () => {
  expect(differs(page('/assets/app-B2.js'), '/assets/app-A1.js')).toBe(true)
  expect(differs(page('/assets/app-A1.js'), '/assets/app-A1.js')).toBe(false)
})

test('what can not be told is no other build', () => {
  expect(differs('Bad Gateway', '/assets/app-A1.js')).toBe(false)
  expect(differs(page('/assets/app-B2.js'), null)).toBe(false)
  expect(differs(page('/assets/app-B2.js'), '/src/main.tsx')).toBe(false) // under Vite's own server
})
