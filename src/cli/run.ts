/** `secretref run`: one agent, once, in the foreground, as the command itself would behave. */
import type { Io } from './io.ts'
import { foreground } from './foreground.ts'
import type { StartOptions } from './options.ts'

export interface RunOptions extends StartOptions {
  pristine?: true
}

export function run(io: Io, options: RunOptions, command: string[] | undefined): Promise<number> {
  return foreground(io, options, command, { pristine: options.pristine === true })
}
