import { expect, test } from 'vitest'
import type { Interaction } from '../data/documents'
import { fits } from '../interactions/useInteractions'
import { framesOfCast, terminalLines } from './asciicast'
import { framesOf, played } from './frames'

const now = Date.UTC(2030, 0, 2)
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString()

const interaction = (id: string, before: number, facts: Partial<Interaction> = {}): Interaction => ({
  id, cursor: id, at: ago(before), type: 'command', origin: 'INTRUDER', service: 'ssh', deckyName: 'web-01', deploymentName: 'default', sourceIP: '10.9.9.9', sourcePort: 40000,
  destPort: 22, session: 's1', principal: null, credentialID: null, secret: null, command: null, outcome: null, message: 'command', ...facts,
})

test('a question is asked of what comes live as it is of the server', () => {
  expect(fits(interaction('1', 1), { service: 'ssh', deckyName: 'web-01' })).toBe(true)
  expect(fits(interaction('1', 1), { service: 'ftp' })).toBe(false)
})

test('a replay plays each thing at its moment, and nothing before it', () => {
  const frames = framesOf([
    interaction('1', 3_000, { type: 'connect' }), interaction('2', 2_000, { type: 'auth_attempt', principal: 'root', secret: 'toor', outcome: 'accepted' }), interaction('3', 0, { command: 'rm -rf /' }),
  ])
  expect(frames.map(({ at, kind, text }) => [at, kind, text])).toEqual([
    [0, 'note', 'connect: command'], [1_000, 'input', 'root toor'], [1_000, 'note', 'auth_attempt: accepted'], [3_000, 'input', 'rm -rf /'],
  ])
  expect([-1, 0, 999, 1_000, 3_000].map((at) => played(frames, at))).toEqual([0, 1, 1, 3, 4])
})

test('a recording is read as it is, and a line that is none is left out', () => {
  const cast = '{"version":2,"width":80,"height":24}\n[0.5,"o","$ "]\n[0.6,"i","typed"]\nnonsense\n[1,"o","ls\\r\\n"]\n'
  expect(framesOfCast(cast)).toEqual([{ at: 500, kind: 'output', text: '$ ' }, { at: 1_000, kind: 'output', text: 'ls\r\n' }])
})

test.each([
  ['one\r\ntwo\n', ['one', 'two', '']],
  ['$ lx\b \bs', ['$ ls']],
  ['10%\r99%', ['99%']],
  ['\u001b[01;34mbin\u001b[0m', ['bin']],
  ['secret\r\u001b[Kshown', ['shown']],
  // What could act stays, for Hostile to show as an escape.
  ['\u001b]0;owned\u0007\u001b[2J', ['\u001b]0;owned\u0007\u001b[2J']],
])('of the output %j a terminal would show %j', (output, lines) => expect(terminalLines(output)).toEqual(lines))
