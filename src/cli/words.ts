/** The command line in full: every command with its help, its options and what is said of a mistake in them. */
import { Command, CommanderError } from 'commander'
import pkg from '../../package.json' with { type: 'json' }
import { SecretRefError } from '../errors.ts'
import { addCommands } from './commands.ts'
import type { Body } from './commands/line.ts'
import type { Io } from './io.ts'

/**
 * @param failed the exit code where nothing was done
 * @returns the exit code
 * @throws {SecretRefError} USAGE, or what the command throws
 */
export async function doWords(io: Io, argv: readonly string[], failed: number): Promise<number> {
  let body: Body | undefined
  const program = new Command(io.program)
    .description('Agents get references; a gateway decides, proves and delivers.')
    .version(pkg.version)
    .exitOverride()
    // Mistakes are thrown and said by `main`, in our own form.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions()
  addCommands(program, io, argv, (chosen) => {
    body = chosen
  })
  try {
    refuseHelpFor(program, argv)
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version have been printed: asked for, or instead of a command.
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.help') return failed
    throw mistake(error, namedIn(program, argv))
  }
  return (await body?.()) ?? 0
}

/** Commander would answer with the help of everything, and without a word. */
function refuseHelpFor(program: Command, [first, topic]: readonly string[]): void {
  if (first !== 'help' || topic === undefined || topic.startsWith('-')) return
  if (topic === 'help' || program.commands.some((command) => command.name() === topic)) return
  throw new SecretRefError('USAGE', 'there is no such command to help with', {
    hint: `\`${program.name()} --help\` lists what there is`,
  })
}

/** The words of the command that was meant, as far as they are ours: `secretref gateway run`. */
function namedIn(program: Command, argv: readonly string[]): string {
  const words = [program.name()]
  let parent = program
  for (const word of argv) {
    const next = parent.commands.find((command) => command.name() === word)
    if (next === undefined) break
    words.push(word)
    parent = next
  }
  return words.join(' ')
}

/** @param command the words of the one that was meant */
function mistake(error: CommanderError, command: string): SecretRefError {
  // What follows a `=` may be a value.
  const message = error.message.replace(/^error: /, '').replace(/'(--[^'=]*)=[^']*'/g, "'$1'")
  const [sentence = '', suggestion] = message.split('\n')
  const hint = suggestion
    ? suggestion.replace(/^\((.*)\)$/, '$1').toLowerCase()
    : `\`${command} --help\` lists what there is`
  return new SecretRefError('USAGE', lowerFirst(sentence), { hint })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
