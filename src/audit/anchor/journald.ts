/** The journal of systemd, through its own `systemd-cat`. */
import { stat } from 'node:fs/promises'
import { AnchorError } from './cause.ts'
import { lineOf, TAG } from './line.ts'
import { firstOf, runProgram } from './program.ts'

const PROGRAMS = ['/usr/bin/systemd-cat', '/bin/systemd-cat']
/** Where systemd-journald(8) listens. */
const SOCKET = '/run/systemd/journal/stdout'

export async function tellJournal(note: string, signal: AbortSignal): Promise<void> {
  const program = await firstOf(PROGRAMS, 'systemd-cat is missing')
  const there = await stat(SOCKET).catch(() => undefined)
  if (there === undefined) throw new AnchorError('journald does not run here')
  await runProgram(
    [program, `--identifier=${TAG}`, '--priority=notice'],
    `${lineOf(note)}\n`,
    signal,
  )
}
