/** The system log of this machine, through `logger` (util-linux): Node has no Unix datagrams. */
import { stat } from 'node:fs/promises'
import { AnchorError } from './cause.ts'
import { lineOf, TAG } from './line.ts'
import { firstOf, runProgram } from './program.ts'

const LOGGERS = ['/usr/bin/logger', '/bin/logger']
/** Where system logs listen. */
const SOCKET = '/dev/log'
/** logger(1) cuts what is longer, by itself at 1 KiB. */
const MAX_BYTES = 8192

export async function tellSyslog(
  note: string,
  signal: AbortSignal,
  socket = SOCKET,
): Promise<void> {
  const program = await firstOf(LOGGERS, 'logger (util-linux) is missing')
  const there = await stat(socket).catch(() => undefined)
  if (there === undefined) throw new AnchorError('no system log runs here')
  const words = [
    // It would say nothing where nobody listens.
    '--socket-errors=on',
    `--size=${MAX_BYTES}`,
    '--priority=authpriv.notice',
    `--tag=${TAG}`,
    `--socket=${socket}`,
  ]
  await runProgram([program, ...words], `${lineOf(note)}\n`, signal)
}
