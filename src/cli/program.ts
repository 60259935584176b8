/**
 * The command line: every command's words here, every command's body in a file of its own. What starts
 * agents comes along at once, in one piece; other bodies are loaded on use.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import pkg from '../../package.json' with { type: 'json' }
import { ConfigError, problemsText } from '../config/problems.ts'
import { SecretRefError } from '../errors.ts'
import { dismissEarly } from '../gateway/early.ts'
import { gatewayRun, type GatewayRunOptions } from './gateway-run.ts'
import type { StatusOptions } from './gateway-status.ts'
import { errorText, printable, processIo, type Io } from './io.ts'
import { run, type RunOptions } from './run.ts'

/** Before the agent was started: env(1), docker run and others use it for this. */
const NOT_STARTED = 125

type Body = () => Promise<number>

/** @param argv without node and script */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo(process.env['SECRETREF_PROGRAM'] === 'openclaw' ? 'openclaw' : 'secretref')
  let body: Body | undefined
  const program = build(io, argv, (chosen) => {
    body = chosen
  })
  const starts = argv[0] === 'run' || (argv[0] === 'gateway' && argv[1] === 'run')
  const failed = starts ? NOT_STARTED : 1
  try {
    program.parse(argv, { from: 'user' })
    process.exitCode = (await body?.()) ?? 0
  } catch (error) {
    process.exitCode = report(io, error, failed)
  } finally {
    dismissEarly()
  }
}

function report(io: Io, error: unknown, failed: number): number {
  if (error instanceof CommanderError) {
    // Help and version have been printed: asked for, or instead of a command.
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.help') return failed
    const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
    const hint = suggestion
      ? suggestion.replace(/^\((.*)\)$/, '$1').toLowerCase()
      : `\`${io.program} --help\` lists what there is`
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

function list(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new InvalidArgumentError('a name is empty')
  return names
}

function build(io: Io, argv: readonly string[], choose: (body: Body) => void): Command {
  const program = new Command(io.program)
    .description('Agents get references; a gateway decides, proves and delivers.')
    .version(pkg.version)
    .exitOverride()
    // Mistakes are thrown and said by `report`, in our own form.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions()
  const group = (parent: Command, name: string, about: string): Command =>
    parent.command(name).description(about).exitOverride()
  const command = (parent: Command, name: string, about: string): Command =>
    group(parent, name, about).option('--config <file>', 'the config file to use')

  /** After `--` only: a flag meant for the command must never be read as one of ours, or the reverse. */
  const commandLine = (operands: string[]): string[] | undefined => {
    if (operands.length === 0) {
      if (argv.at(-1) === '--') throw new SecretRefError('USAGE', 'no command after --')
      return undefined
    }
    if (argv[argv.length - operands.length - 1] !== '--') {
      throw new SecretRefError('USAGE', 'a command goes after --', {
        hint: `${io.program} ${argv.slice(0, argv.length - operands.length).join(' ')} -- ${operands[0]} …`,
      })
    }
    return operands
  }

  const starting = (c: Command): Command =>
    c
      .argument('[command...]', 'after --: what to run instead of the command in the config')
      .option('--agent <name>', 'the agent; may be left out where the config has one')
      .option('--secrets-ref <refs>', 'only these refs, comma-separated', list)
      .option('--env <names>', 'their variables, in the same order', list)
      .option('--secrets-provider <name>', 'ask this provider alone')
      .option('--environment <name>', 'the environment whose secrets are meant')
      .option('--strict', 'a passed deprecationDate is a failure')

  starting(command(program, 'run', 'Run a command with an agent’s credentials.'))
    .option('--pristine', 'pass only a short list of the caller’s variables')
    .action((operands: string[], options: RunOptions) => {
      const line = commandLine(operands)
      choose(() => run(io, options, line))
    })

  const gateway = group(program, 'gateway', 'Serve agents.')
  starting(command(gateway, 'run', 'Run agents under supervision, in the foreground.'))
    .option('--schedule <cron>', 'start it at these times')
    .option('--timezone <zone>', 'the time zone of --schedule')
    .addOption(
      new Option('--log-level <level>', 'what to say on stderr')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .action((operands: string[], options: GatewayRunOptions) => {
      const line = commandLine(operands)
      choose(() => gatewayRun(io, options, line))
    })
  command(gateway, 'status', 'What each binding of an agent has received.')
    .option('--agent <name>', 'one agent')
    .option('--secrets', 'its credentials')
    .option('--all', 'every agent')
    .option('--json', 'for programs')
    .action((options: StatusOptions) => {
      choose(async () => (await import('./gateway-status.ts')).gatewayStatus(io, options))
    })
  notYet(io, gateway, 'audit', 'Find what is wrong with credentials.', choose)

  const secrets = group(program, 'secrets', 'Stored values.')
  command(secrets, 'set <name>', 'Store a value, read from stdin or a prompt.')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--secrets-provider <name>', 'where to store it')
    // Whatever follows the name may be a value: it is refused here, where no message repeats it.
    .allowExcessArguments()
    .allowUnknownOption()
    .action((name: string, options: object, { args }: Command) => {
      if (args.length > 1) throw valueOnCommandLine(io)
      choose(async () => (await import('./secrets-set.ts')).secretsSet(io, name, options))
    })
  notYet(io, secrets, 'rotate', 'Replace credentials.', choose)
  notYet(io, program, 'monitor', 'Watch for expiry.', choose)

  const config = group(program, 'config', 'The configuration.')
  command(config, 'check', 'Every mistake at once.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./config.ts')).configCheck(io, options))
    })
  command(config, 'show', 'What it means once resolved.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./config.ts')).configShow(io, options))
    })
  group(config, 'schema', 'Its JSON Schema, for editors.').action(() => {
    choose(async () => (await import('./config.ts')).configSchema(io))
  })
  group(program, 'trust [file]', 'Allow a config that was found in the current folder.').action(
    (file: string | undefined) => {
      choose(async () => (await import('./trust.ts')).trust(io, file === undefined ? {} : { file }))
    },
  )
  command(program, 'why', 'Explain what an agent would get, and why.')
    .option('--agent <name>', 'the agent; may be left out where the config has one')
    .option('--secrets-ref <refs>', 'only these refs, comma-separated', list)
    .option('--secrets-provider <name>', 'as if this provider alone were asked')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./explain.ts')).explain(io, options))
    })

  const log = group(program, 'log', 'The audit log.')
  group(log, 'show', 'Its records.')
    .option('--agent <name>', 'of this agent')
    .option('--ref <name>', 'of this ref')
    .option('--event <name>', 'of this kind')
    .option('--since <time>', 'from this moment on: RFC 3339, or 2h, 7d')
    .option('--until <time>', 'before this moment')
    .option('--limit <n>', 'the last n', Number)
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./log.ts')).logShow(io, options))
    })
  group(log, 'verify', 'Check the chain from the first record to the last.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./log.ts')).logVerify(io, options))
    })
  group(log, 'archive', 'Put a damaged log aside and begin a new one, recorded.')
    .option('--yes', 'do not ask')
    .action((options: object) => {
      choose(async () => (await import('./log.ts')).logArchive(io, options))
    })

  group(program, 'init', 'Write a starter config and a place for values.')
    .option('--global', 'in the user’s config folder instead of this one')
    .action((options: object) => {
      choose(async () => (await import('./init.ts')).init(io, options))
    })
  group(program, 'doctor', 'Check what can be wrong with the surroundings.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./doctor.ts')).doctor(io, options))
    })
  return program
}

function valueOnCommandLine(io: Io): SecretRefError {
  return new SecretRefError(
    'USAGE',
    'secrets set takes a name and never a value: every user of this machine can read a command line, and the shell keeps it',
    {
      hint: `\`${io.program} secrets set NAME\` asks for the value, or reads it from a pipe; what was typed here as a value should be replaced at its service`,
    },
  )
}

/** Lines that later versions answer: a clear word instead of silence, whatever their options. */
function notYet(
  io: Io,
  parent: Command,
  name: string,
  about: string,
  choose: (body: Body) => void,
): void {
  parent
    .command(name)
    .description(`${about} (not in this version)`)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => {
      choose(() => {
        const line = [parent.name(), name].filter((word) => word !== io.program).join(' ')
        throw new SecretRefError('UNSUPPORTED', `${line} is not in this version`, {
          hint: 'CHANGELOG.md says what is; nothing was changed',
        })
      })
    })
}
