/** The end of the audit log, and the clock beside it. Reads only. */
import { closeSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readAcross } from '../../audit/across.ts'
import { asFailure, tampered } from '../../audit/failures.ts'
import { openToRead } from '../../audit/file.ts'
import { readHead } from '../../audit/lock.ts'
import type { Head } from '../../audit/chain.ts'
import { readOn, startOf } from '../../audit/opened.ts'
import { parseRecord } from '../../audit/read.ts'
import { segmentsAt } from '../../audit/segments.ts'
import { lastLine } from '../../audit/tail.ts'
import { verifyChain } from '../../audit/verify.ts'
import type { Io } from '../io.ts'
import { attention, bad, badBy, good, none, type Finding } from './finding.ts'

const CHECK = 'audit log'
/** About a second's worth of reading; a longer log is for `log verify`. */
const WHOLE_BYTES = 50 * 1024 * 1024

export function checkLogAndClock(io: Io): Finding[] {
  try {
    const { finding, time } = checkTail(io)
    return [finding, checkClock(io.now(), time)]
  } catch (error) {
    return [badBy(CHECK, asFailure(error, io.home.auditLock)), checkClock(io.now(), undefined)]
  }
}

/** Where the log is out of reach. */
export function checkClockAlone(io: Io): Finding[] {
  return [checkClock(io.now(), undefined)]
}

/** As the next writer would find it; where the log is not too long, the whole chain. */
function checkTail({ home, program }: Io): { finding: Finding; time?: string } {
  // The head first: the log may grow meanwhile, never shrink.
  const acknowledged = readHead(home.auditLock)
  const fd = openToRead(home.auditLog)
  if (fd === undefined) {
    if (acknowledged !== undefined) {
      throw tampered('the audit log is gone, and it held acknowledged records')
    }
    return { finding: none(CHECK, 'there is none yet; the first start makes it') }
  }
  try {
    const { tip, torn } = readOn(home.auditLog, fd, acknowledged ?? startOf(fd))
    const line = lastLine(fd, 0, tip.size)?.line
    const time = line && parseRecord(line)?.time
    const whole = sizeOf(home.auditLog) <= WHOLE_BYTES
    if (whole) verifyWhole(home.auditLog, acknowledged)
    const finding = describe(program, { seq: tip.seq, torn, whole }, acknowledged !== undefined)
    return time === undefined ? { finding } : { finding, time }
  } finally {
    closeSync(fd)
  }
}

function verifyWhole(path: string, acknowledged: Head | undefined): void {
  const { bad: damage } = readAcross(path, undefined, ({ start, lines }) =>
    verifyChain(lines, acknowledged, { start }),
  )
  if (damage === undefined) return
  throw tampered(`record ${damage.seq} of the audit log is not what was written`)
}

function sizeOf(log: string): number {
  return segmentsAt(log).reduce((bytes, { path }) => bytes + statSync(path).size, 0)
}

interface Seen {
  seq: number
  torn: number
  /** False where only the end was looked at. */
  whole: boolean
}

function describe(program: string, { seq, torn, whole }: Seen, headKnown: boolean): Finding {
  if (torn > 0) {
    return attention(
      CHECK,
      `it ends in the middle of a line (${torn} ${torn === 1 ? 'byte' : 'bytes'}), after record ${seq}`,
      'the next start cuts that off and records it',
    )
  }
  if (!headKnown && seq > 0) {
    return attention(
      CHECK,
      'nothing says how long it was, so a cut at its end cannot be seen',
      whole
        ? 'the next start records this; the chain itself is whole'
        : `\`${program} log verify\` checks the rest; the next start records this`,
    )
  }
  const records = seq === 1 ? '1 record' : `${seq} records`
  return good(
    CHECK,
    whole
      ? `${records}, the chain is whole, and its end is what was acknowledged`
      : `${records}, and the end is what was acknowledged; it is too long to look at whole here: \`${program} log verify\` does`,
  )
}

/** Two clocks of one machine differ by less. */
const TOLERANCE_MS = 60_000

/** Without a network: the time cannot be before what already happened. */
function checkClock(now: Date, lastRecord: string | undefined): Finding {
  const hint = 'set it: timedatectl set-ntp true; by a wrong clock expired values pass'
  const installed = statSync(fileURLToPath(import.meta.url)).mtime
  for (const [time, event] of [
    [installed, 'this program was installed'],
    [new Date(lastRecord ?? NaN), 'the last record was written'],
  ] as const) {
    if (now.getTime() < time.getTime() - TOLERANCE_MS) {
      const said = `${now.toISOString()}, before ${event} (${time.toISOString()})`
      return bad('clock', `it says ${said}`, hint)
    }
  }
  return good('clock', now.toISOString())
}
