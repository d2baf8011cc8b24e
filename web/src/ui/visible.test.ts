import { expect, test } from 'vitest'
import { visible } from './visible'

const shown = (text: string) => visible(text).stretches.map((s) => (s.escaped ? `[${s.text}]` : s.text)).join('')

test.each([
  ['plain text, and ünïcödé 漢字 🦆', 'plain text, and ünïcödé 漢字 🦆'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['a\r\nb\tc\0', 'a[\\r][\\n]b[\\t]c[\\0]'],
  ['\u001b[2J', '[\\e][2J'],
  ['user\u202Egpj.exe', 'user[\\u{202E}]gpj.exe'],
  ['\u2066hidden\u2069', '[\\u{2066}]hidden[\\u{2069}]'],
  ['ad\u200Bmin\uFEFF', 'ad[\\u{200B}]min[\\u{FEFF}]'],
  ['\u{E0041}', '[\\u{E0041}]'],
  ['half \uD800.', 'half [\\u{D800}].'],
  ['\u00A0\u3164\u2800', '[\\xA0][\\u{3164}][\\u{2800}]'],
  ['e\u0301', 'e\u0301'],
  ['z' + '\u0335'.repeat(5), 'z\u0335\u0335\u0335[\\u{335}][\\u{335}]'],
])('%j', (text, want) => expect(shown(text)).toBe(want))

test('an escape that the intruder typed is told from one that stands for a character', () => {
  expect(visible('\\x00').stretches).toEqual([{ text: '\\x00', escaped: false }])
  expect(visible('\u0001').stretches).toEqual([{ text: '\\x01', escaped: true }])
})

test('says how much of a long text it leaves out', () => {
  const { stretches, left } = visible('a'.repeat(2500))
  expect(stretches).toEqual([{ text: 'a'.repeat(2000), escaped: false }])
  expect(left).toBe(500)
})
