import { Option, type Command } from 'commander'
import type { ScanCommandOptions } from '../scan.ts'
import { group, type Line } from './line.ts'

export function addScan(program: Command, { io, choose }: Line): void {
  group(program, 'scan', 'Find credentials in files.')
    .argument('<path...>', 'files and folders')
    .option('--all', 'also what .gitignore leaves out')
    .option('--allow <file>', 'findings that are known, each with its reason')
    .option('--check', 'exit 1 where something is found')
    .addOption(new Option('--json', 'for programs').conflicts('sarif'))
    .option('--sarif', 'for code scanning: SARIF 2.1.0')
    .action((paths: string[], options: ScanCommandOptions) => {
      choose(async () => (await import('../scan.ts')).scan(io, paths, options))
    })
}
