// What an intruder sent is shown as it is, and never as what it would do. React makes text of it; what is left are characters that a person
// does not see, or that move their neighbours: those are shown as escapes.

/** A stretch of text: as it came, or the escape that stands for one character. */
export interface Stretch {
  text: string
  escaped: boolean
}

// Controls, format characters (bidi overrides, zero widths, tags), halves of surrogate pairs, separators, what Unicode has not assigned or keeps
// private, spaces that are not a plain one, and letters that draw nothing.
const unseen = /^(?:[\p{C}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]|(?! )\p{Zs})$/u
const mark = /^\p{M}$/u
// Marks stand on the letter before them; a pile of more is there to draw over the lines above.
const marksOnALetter = 3

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\u001b': '\\e' }

function escape(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  return named[char] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
}

/** Splits text into stretches that are safe to look at. Text beyond `limit` UTF-16 units is left out; `left` says how many. */
export function visible(text: string, limit = 2000): { stretches: Stretch[]; left: number } {
  const shown = text.slice(0, limit)
  const stretches: Stretch[] = []
  let plain = ''
  let marks = 0
  for (const char of shown) {
    marks = mark.test(char) ? marks + 1 : 0
    if (!unseen.test(char) && marks <= marksOnALetter) {
      plain += char
      continue
    }
    if (plain) stretches.push({ text: plain, escaped: false })
    plain = ''
    stretches.push({ text: escape(char), escaped: true })
  }
  if (plain) stretches.push({ text: plain, escaped: false })
  return { stretches, left: text.length - shown.length }
}
