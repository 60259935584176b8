/**
 * Every command's words. Bodies lie in files of their own: what starts agents comes along at once, in one
 * piece; the others are loaded on use.
 */
import { Option, type Command, InvalidArgumentError } from 'commander'
import { SecretRefError } from '../errors.ts'
import { gatewayRun, type GatewayRunOptions } from './gateway-run.ts'
import type { StatusOptions } from './gateway-status.ts'
import type { Io } from './io.ts'
import { run, type RunOptions } from './run.ts'

export type Body = () => Promise<number>

/** What a command's words need to know to choose its body. */
interface Line {
  io: Io
  argv: readonly string[]
  choose: (body: Body) => void
}

type Add = (program: Command, line: Line) => void

const COMMANDS: Readonly<Record<string, Add>> = {
  run: addRun,
  gateway: addGateway,
  secrets: addSecrets,
  config: addConfig,
  trust: addTrust,
  why: addWhy,
  log: addLog,
  init: addInit,
  doctor: addDoctor,
  monitor: (program, line) => addLater(program, 'monitor', 'Watch for expiry.', line),
}

/** Where the first word is a command, its words alone are made: the others cost every start 2 ms. */
export function addCommands(
  program: Command,
  io: Io,
  argv: readonly string[],
  choose: (body: Body) => void,
): void {
  const [first = ''] = argv
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined
  for (const add of named === undefined ? Object.values(COMMANDS) : [named]) {
    add(program, { io, argv, choose })
  }
}

function group(parent: Command, name: string, about: string): Command {
  return parent.command(name).description(about).exitOverride()
}

function command(parent: Command, name: string, about: string): Command {
  return group(parent, name, about).option('--config <file>', 'the config file to use')
}

function addRun(program: Command, line: Line): void {
  starting(command(program, 'run', 'Run a command with an agent’s credentials.'))
    .option('--pristine', 'pass only a short list of the caller’s variables')
    .action((operands: string[], options: RunOptions) => {
      const given = afterDashes(operands, line)
      line.choose(() => run(line.io, options, given))
    })
}

function addGateway(program: Command, line: Line): void {
  const gateway = group(program, 'gateway', 'Serve agents.').enablePositionalOptions()
  starting(command(gateway, 'run', 'Run agents under supervision, in the foreground.'))
    .option('--schedule <cron>', 'start it at these times')
    .option('--timezone <zone>', 'the time zone of --schedule')
    .addOption(
      new Option('--log-level <level>', 'what to say on stderr')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .action((operands: string[], options: GatewayRunOptions) => {
      const given = afterDashes(operands, line)
      line.choose(() => gatewayRun(line.io, options, given))
    })
  command(gateway, 'status', 'What each binding of an agent has received.')
    .option('--agent <name>', 'one agent')
    .option('--secrets', 'its credentials')
    .option('--all', 'every agent')
    .option('--json', 'for programs')
    .action((options: StatusOptions) => {
      line.choose(async () => (await import('./gateway-status.ts')).gatewayStatus(line.io, options))
    })
  addLater(gateway, 'audit', 'Find what is wrong with credentials.', line)
}

function starting(c: Command): Command {
  return (
    c
      // What follows an operand is its own: `afterDashes` then says where it belongs.
      .passThroughOptions()
      .argument('[command...]', 'after --: what to run instead of the command in the config')
      .option('--agent <name>', 'the agent; may be left out where the config has one')
      .option('--secrets-ref <refs>', 'only these refs, comma-separated', list)
      .option('--env <names>', 'their variables, in the same order', list)
      .option('--secrets-provider <name>', 'ask this provider alone')
      .option('--environment <name>', 'the environment whose secrets are meant')
      .option('--strict', 'a passed deprecationDate is a failure')
  )
}

/** After `--` only: a flag meant for the command must never be read as one of ours, or the reverse. */
function afterDashes(operands: string[], { io, argv }: Line): string[] | undefined {
  if (operands.length === 0) {
    if (argv.at(-1) === '--') throw new SecretRefError('USAGE', 'no command after --')
    return undefined
  }
  const ours = argv.slice(0, argv.length - operands.length)
  if (ours.at(-1) === '--') return operands
  throw new SecretRefError('USAGE', 'a command goes after --', {
    hint: `${io.program} ${ours.join(' ')} -- ${operands[0]} …`,
  })
}

function addSecrets(program: Command, line: Line): void {
  const secrets = group(program, 'secrets', 'Stored values.')
  command(secrets, 'set <name>', 'Store a value, read from stdin or a prompt.')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--secrets-provider <name>', 'where to store it')
    // Whatever follows the name may be a value: it is refused here, where no message repeats it.
    .allowExcessArguments()
    .allowUnknownOption()
    .action((name: string, options: object, { args }: Command) => {
      if (args.length > 1) throw valueOnCommandLine(line.io)
      line.choose(async () => (await import('./secrets-set.ts')).secretsSet(line.io, name, options))
    })
  addLater(secrets, 'rotate', 'Replace credentials.', line)
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

function addConfig(program: Command, { io, choose }: Line): void {
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
}

function addTrust(program: Command, { io, choose }: Line): void {
  group(program, 'trust [file]', 'Allow a config that was found in the current folder.').action(
    (file: string | undefined) => {
      choose(async () => (await import('./trust.ts')).trust(io, file === undefined ? {} : { file }))
    },
  )
}

function addWhy(program: Command, { io, choose }: Line): void {
  command(program, 'why', 'Explain what an agent would get, and why.')
    .option('--agent <name>', 'the agent; may be left out where the config has one')
    .option('--secrets-ref <refs>', 'only these refs, comma-separated', list)
    .option('--secrets-provider <name>', 'as if this provider alone were asked')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./explain.ts')).explain(io, options))
    })
}

function addLog(program: Command, { io, choose }: Line): void {
  const log = group(program, 'log', 'The audit log.')
  group(log, 'show', 'Its records.')
    .argument('[file]', 'another log, such as an archive')
    .option('--agent <name>', 'of this agent')
    .option('--ref <name>', 'of this ref')
    .option('--event <name>', 'of this kind')
    .option('--since <time>', 'from this moment on: RFC 3339, or 2h, 7d')
    .option('--until <time>', 'before this moment')
    .option('--limit <n>', 'the last n', count)
    .option('--json', 'for programs')
    .action((file: string | undefined, options: object) => {
      choose(async () => (await import('./log.ts')).logShow(io, { ...options, ...atFile(file) }))
    })
  group(log, 'verify', 'Check the chain from the first record to the last.')
    .argument('[file]', 'another log, such as an archive')
    .option('--strict', 'fail also where a note says that something cannot be told')
    .option('--json', 'for programs')
    .action((file: string | undefined, options: object) => {
      choose(async () =>
        (await import('./log-verify.ts')).logVerify(io, { ...options, ...atFile(file) }),
      )
    })
  group(log, 'archive', 'Put a damaged log aside and begin a new one, recorded.')
    .option('--yes', 'do not ask')
    .action((options: object) => {
      choose(async () => (await import('./log.ts')).logArchive(io, options))
    })
}

function atFile(file: string | undefined): { file?: string } {
  return file === undefined ? {} : { file }
}

function addInit(program: Command, { io, choose }: Line): void {
  group(program, 'init', 'Write a starter config and a place for values.')
    .option('--global', 'in the user’s config folder instead of this one')
    .action((options: object) => {
      choose(async () => (await import('./init.ts')).init(io, options))
    })
}

function addDoctor(program: Command, { io, choose }: Line): void {
  group(program, 'doctor', 'Check what can be wrong with the surroundings.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('./doctor.ts')).doctor(io, options))
    })
}

/** Lines that later versions answer: a clear word instead of silence, whatever their options. */
function addLater(parent: Command, name: string, about: string, { io, choose }: Line): void {
  parent
    .command(name)
    .description(`${about} (not in this version)`)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => {
      choose(() => {
        const words = [parent.name(), name].filter((word) => word !== io.program).join(' ')
        throw new SecretRefError('UNSUPPORTED', `${words} is not in this version`, {
          hint: 'CHANGELOG.md says what is; nothing was changed',
        })
      })
    })
}

function list(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new InvalidArgumentError('a name is empty')
  return names
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new InvalidArgumentError('a whole number from 1 is wanted')
  return Number(text)
}
