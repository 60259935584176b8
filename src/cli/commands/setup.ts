import type { Command } from 'commander'
import { group, type Line } from './line.ts'

export function addInit(program: Command, { io, choose }: Line): void {
  group(program, 'init', 'Write a starter config and a place for values.')
    .option('--global', 'in the user’s config folder instead of this one')
    .action((options: object) => {
      choose(async () => (await import('../init.ts')).init(io, options))
    })
}

export function addDoctor(program: Command, { io, choose }: Line): void {
  group(program, 'doctor', 'Check what can be wrong with the surroundings.')
    .option('--json', 'for programs')
    .action((options: object) => {
      choose(async () => (await import('../doctor.ts')).doctor(io, options))
    })
}
