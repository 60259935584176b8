import type { Command } from 'commander'
import { group, type Line } from './line.ts'

export function addTargets(program: Command, { io, choose }: Line): void {
  const targets = group(program, 'targets', 'The services that credentials are for.')
  group(targets, 'list', 'All that are known.')
    .option('--category <name>', 'of one category')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('../targets.ts')).targetsList(io, options))
    })
  group(targets, 'show', 'What is known of one, and from where.')
    .argument('<id>', 'its id, or the name of a service')
    .option('--json', 'for programs')
    .action((id: string, options: object) => {
      choose(async () => (await import('../targets.ts')).targetsShow(io, id, options))
    })
}
