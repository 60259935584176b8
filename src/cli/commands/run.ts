/** What starts agents: its bodies come along at once, in one piece. */
import { Option, type Command } from 'commander'
import { SecretRefError } from '../../errors.ts'
import type { AuditOptions } from '../gateway-audit.ts'
import { gatewayRun, type GatewayRunOptions } from '../gateway-run.ts'
import type { ReloadOptions } from '../gateway-reload.ts'
import type { StatusOptions } from '../gateway-status.ts'
import { run, type RunOptions } from '../run.ts'
import { command, count, group, list, type Line } from './line.ts'

export function addRun(program: Command, line: Line): void {
  starting(command(program, 'run', 'Run a command with an agent’s credentials.'))
    .option('--pristine', 'pass only a short list of the caller’s variables')
    .action((operands: string[], options: RunOptions) => {
      const given = afterDashes(operands, line)
      line.choose(() => run(line.io, options, given))
    })
}

export function addGateway(program: Command, line: Line): void {
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
  command(
    gateway,
    'reload',
    'Have running gateways take the config as it is now, or refuse it whole.',
  )
    .option('--json', 'for programs')
    .action((options: ReloadOptions) => {
      line.choose(async () =>
        (await import('../gateway-reload.ts')).gatewayReload(line.io, options),
      )
    })
  command(gateway, 'status', 'What each binding of an agent has received.')
    .option('--agent <name>', 'one agent')
    .option('--secrets', 'its credentials')
    .option('--all', 'every agent')
    .option('--json', 'for programs')
    .action((options: StatusOptions) => {
      line.choose(async () =>
        (await import('../gateway-status.ts')).gatewayStatus(line.io, options),
      )
    })
  command(gateway, 'audit', 'Find what is wrong with the credentials of all agents.')
    .option('--secrets', 'credentials')
    .option('--unused-only', 'only refs that nothing uses')
    .option('--verbose', 'with place and what to do')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--expiring <days>', 'what counts as expiring', count, 7)
    .option('--max-age <days>', 'what counts as not rotated', count, 90)
    .option('--idle <days>', 'what counts as an agent that nobody runs', count, 90)
    .option('--check', 'exit 1 where something worse than a note is found')
    .addOption(new Option('--json', 'for programs').conflicts('sarif'))
    .option('--sarif', 'for code scanning: SARIF 2.1.0')
    .action((options: AuditOptions) => {
      line.choose(async () => (await import('../gateway-audit.ts')).gatewayAudit(line.io, options))
    })
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
