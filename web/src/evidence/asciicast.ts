// A terminal's recording, read and shown as text. Nothing in it is obeyed but what makes it legible: ends of lines, backspaces, colours (left out) and the
// erasing of a line. Every other control stays in the text, where `Hostile` shows it as the escape that it is.
import type { Frame } from './frames'

/** The output of an asciicast (version 2) as frames. A line that is not of the format is left out. */
export function framesOfCast(cast: string): Frame[] {
  return cast.split('\n').slice(1).flatMap((line) => {
    const event = parse(line)
    if (!Array.isArray(event)) return []
    const [at, kind, text] = event as unknown[]
    return typeof at === 'number' && kind === 'o' && typeof text === 'string' ? [{ at: at * 1_000, kind: 'output' as const, text }] : []
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const legible = /\r\n?|\n|[\b]|\u001b\[[0-9;]*m|\u001b\[[0-2]?K/g

/** The lines that a terminal would show of some output, were it to obey the legible alone. */
export function terminalLines(output: string): string[] {
  const lines: string[] = []
  let line = ''
  let column = 0
  const put = (text: string) => {
    line = line.slice(0, column) + text + line.slice(column + text.length)
    column += text.length
  }
  let from = 0
  for (const { 0: control, index } of output.matchAll(legible)) {
    put(output.slice(from, index))
    from = index + control.length
    if (control === '\r') column = 0
    else if (control === '\b') column = Math.max(0, column - 1)
    else if (control.endsWith('K')) line = line.slice(0, column)
    else if (control.endsWith('\n')) {
      lines.push(line)
      line = ''
      column = 0
    }
  }
  put(output.slice(from))
  return [...lines, line]
}
