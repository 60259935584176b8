/** Parses the command line, runs the chosen body, and says what went wrong in the terminal's own form. */
import { isAbsolute } from 'node:path'
import { Command, CommanderError } from 'commander'
import pkg from '../../package.json' with { type: 'json' }
import { ConfigError, problemsText } from '../config/problems.ts'
import { SecretRefError } from '../errors.ts'
import { dismissEarly } from '../gateway/early.ts'
import { addCommands } from './commands.ts'
import type { Body } from './commands/line.ts'
import { errorText, printable, processIo, type Io } from './io.ts'

/** Before the agent was started: env(1), docker run and others use it for this. */
const NOT_STARTED = 125

/** @param argv without node and script */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo(process.env['SECRETREF_PROGRAM'] === 'openclaw' ? 'openclaw' : 'secretref')
  let body: Body | undefined
  const program = new Command(io.program)
    .description('Agents get references; a gateway decides, proves and delivers.')
    .version(pkg.version)
    .exitOverride()
    // Mistakes are thrown and said by `report`, in our own form.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions()
  addCommands(program, io, argv, (chosen) => {
    body = chosen
  })
  const starts = argv[0] === 'run' || (argv[0] === 'gateway' && argv[1] === 'run')
  const failed = starts ? NOT_STARTED : 1
  try {
    requireAbsolute(io)
    refuseHelpFor(program, argv)
    program.parse(argv, { from: 'user' })
    process.exitCode = (await body?.()) ?? 0
  } catch (error) {
    process.exitCode = report(io, error, failed, namedIn(program, argv))
  } finally {
    dismissEarly()
  }
}

/** Relative, they would let the folder that somebody happens to stand in decide what is trusted. */
function requireAbsolute({ env }: Io): void {
  for (const name of ['SECRETREF_HOME', 'SECRETREF_CONFIG', 'HOME']) {
    const value = env[name]
    if (!value || isAbsolute(value)) continue
    throw new SecretRefError('USAGE', `$${name} is not an absolute path`, {
      hint: 'write it from the root of the file system',
    })
  }
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
function report(io: Io, error: unknown, failed: number, command: string): number {
  if (error instanceof CommanderError) {
    // Help and version have been printed: asked for, or instead of a command.
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.help') return failed
    // What follows a `=` may be a value.
    const message = error.message.replace(/^error: /, '').replace(/'(--[^'=]*)=[^']*'/g, "'$1'")
    const [sentence = '', suggestion] = message.split('\n')
    const hint = suggestion
      ? suggestion.replace(/^\((.*)\)$/, '$1').toLowerCase()
      : `\`${command} --help\` lists what there is`
    io.err(errorText(io.program, new SecretRefError('USAGE', lowerFirst(sentence), { hint })))
    return failed
  }
  if (error instanceof SecretRefError) {
    if (error instanceof ConfigError) io.err(problemsText(error.path, error.problems))
    io.err(errorText(io.program, error))
    if (error.code === 'COMMAND_NOT_FOUND') return 127
    if (error.code === 'COMMAND_NOT_EXECUTABLE') return 126
    return failed
  }
  // A mistake of ours. No value can be in it: this wing never has one.
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const sentence = 'something went wrong that should not; this is a defect of SecretRef'
  const hint = 'please report it with the lines below'
  io.err(errorText(io.program, new SecretRefError('INTERNAL', sentence, { hint })))
  io.err(`${trace.split('\n').map(printable).join('\n')}\n`)
  return failed
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
