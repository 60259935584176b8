import type { Command } from 'commander'
import type { MonitorOptions } from '../monitor.ts'
import { command, count, type Line } from './line.ts'

export function addMonitor(program: Command, line: Line): void {
  command(program, 'monitor', 'Which credentials need somebody; for cron.')
    .option('--check-expiry <days>', 'those that end within so many days', count, 7)
    .option(
      '--alert-channel <channel>',
      'who is told, in place of the routes: "#name", webhook:NAME',
    )
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: MonitorOptions) => {
      line.choose(async () => (await import('../monitor.ts')).monitor(line.io, options))
    })
}
