/** A mistake on the command line leads to the help of the command that was meant. */
import { expect, test } from 'vitest'
import { makeWorld, run } from '../process/support.ts'

test.each([
  ['run ls -la', 125, 'a command goes after -- [USAGE]', 'secretref run -- ls …'],
  ['gateway run ls -la', 125, 'a command goes after -- [USAGE]', 'secretref gateway run -- ls …'],
  ['gateway run --nope', 125, "unknown option '--nope' [USAGE]", '`secretref gateway run --help`'],
  ['log show --foo', 1, "unknown option '--foo' [USAGE]", '`secretref log show --help`'],
  ['log nope', 1, "unknown command 'nope' [USAGE]", '`secretref log --help`'],
  ['nope', 1, "unknown command 'nope' [USAGE]", '`secretref --help`'],
  ['help nope', 1, 'there is no such command to help with [USAGE]', '`secretref --help`'],
])('%s', async (line, code, sentence, hint) => {
  const ended = await run(makeWorld(), line.split(' '))
  expect(ended.code).toBe(code)
  expect(ended.err).toContain(`secretref: ${sentence}\nhint: ${hint}`)
})

test('help for what there is', async () => {
  const { code, out } = await run(makeWorld(), ['help', 'run'])
  expect(code).toBe(0)
  expect(out).toContain('Usage: secretref run')
})
