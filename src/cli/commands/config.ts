import type { Command } from 'commander'
import { command, group, list, type Line } from './line.ts'

export function addConfig(program: Command, { io, choose }: Line): void {
  const config = group(program, 'config', 'The configuration.')
  command(config, 'check', 'Every mistake at once.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('../config.ts')).configCheck(io, options))
    })
  command(config, 'show', 'What it means once resolved.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('../config.ts')).configShow(io, options))
    })
  group(config, 'schema', 'Its JSON Schema, for editors.').action(() => {
    choose(async () => (await import('../config.ts')).configSchema(io))
  })
}

export function addTrust(program: Command, { io, choose }: Line): void {
  group(program, 'trust [file]', 'Allow a config that was found in the current folder.').action(
    (file: string | undefined) => {
      choose(async () =>
        (await import('../trust.ts')).trust(io, file === undefined ? {} : { file }),
      )
    },
  )
}

export function addWhy(program: Command, { io, choose }: Line): void {
  command(program, 'why', 'Explain what an agent would get, and why.')
    .option('--agent <name>', 'the agent; may be left out where the config has one')
    .option('--secrets-ref <refs>', 'only these refs, comma-separated', list)
    .option('--secrets-provider <name>', 'as if this provider alone were asked')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('../explain.ts')).explain(io, options))
    })
}
