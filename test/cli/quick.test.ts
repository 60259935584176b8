import { Command } from 'commander'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { addCommands } from '../../src/cli/commands.ts'
import { quickRun } from '../../src/cli/quick.ts'
import { recorded } from './recorded.ts'

/** What the parser makes of it: the options and what follows `--`. */
function parsed(io: Io, argv: string[]): unknown {
  const program = new Command('secretref').exitOverride().enablePositionalOptions()
  let chosen = false
  addCommands(program, io, argv, () => {
    chosen = true
  })
  program.parse(argv, { from: 'user' })
  const [run] = program.commands
  return chosen && run?.name() === 'run' ? { options: run.opts(), command: run.args } : undefined
}

test.each([
  [['run', '--', 'true'], {}, ['true']],
  [['run', '--agent', 'a', '--', 'echo', '--', '-h'], { agent: 'a' }, ['echo', '--', '-h']],
  [
    ['run', '--config', 'c', '--environment', 'e', '--pristine', '--agent', 'a', '--', '--x'],
    { config: 'c', environment: 'e', pristine: true, agent: 'a' },
    ['--x'],
  ],
])('%j is read', (argv, options, command) => {
  expect(quickRun(argv)).toEqual({ options, command })
})

test.each([
  [[]],
  [['run']],
  [['run', '--']],
  [['run', '--agent', 'a']],
  [['gateway', 'run', '--', 'true']],
  [['run', '--agent=a', '--', 'true']],
  [['run', '--agent', '--', 'true']],
  [['run', '--agent', '-a', '--', 'true']],
  [['run', '--agent', '', '--', 'true']],
  [['run', '--agent', 'a', '--agent', 'b', '--', 'true']],
  [['run', '--agnet', 'a', '--', 'true']],
  [['run', '--help', '--', 'true']],
  [['run', 'a', '--', 'true']],
  [['run', '--strict', '--', 'true']],
])('%j is left to the parser', (argv) => {
  expect(quickRun(argv)).toBeUndefined()
})

test('whatever is read quickly, the parser reads too, and the same', () => {
  const option = fc.constantFrom('--config', '--agent', '--environment')
  const word = fc.constantFrom('a', 'run', '--', '-h', '', '--agent=a', '--strict', '--pristine')
  const part = fc.oneof(fc.tuple(option, fc.constantFrom('a', 'b.c')), fc.tuple(word))
  const io = recorded()
  let read = 0
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 4 }),
      fc.array(word, { maxLength: 3 }),
      (parts, command) => {
        const argv = ['run', ...parts.flat(), '--', ...command]
        const quick = quickRun(argv)
        if (quick === undefined) return
        read += 1
        expect(quick).toEqual(parsed(io, argv))
      },
    ),
    { numRuns: 2000 },
  )
  expect(read).toBeGreaterThan(100)
})
