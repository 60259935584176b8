/** `secretref log checkpoint | key`. */
import { closeSync } from 'node:fs'
import { asFailure, unavailable } from '../audit/failures.ts'
import { openToRead } from '../audit/file.ts'
import { openAuditLog } from '../audit/log.ts'
import { beginningOf } from '../audit/opened.ts'
import { loadSigningKey, verifierOf } from '../audit/signing-key.ts'
import { printable, type Io } from './io.ts'

/** More than an anchor is given: whoever asks for a checkpoint is told what became of it. */
const ANCHORS_MS = 10_000

/** Signs how far the log has come, where that is not signed yet, and prints the newest checkpoint. */
export async function logCheckpoint(io: Io): Promise<number> {
  originOf(io)
  const warn = (sentence: string): void => io.err(`${io.program}: ${printable(sentence)}\n`)
  const log = openAuditLog(io.home, { now: () => io.now(), anchorsMs: ANCHORS_MS, warn })
  try {
    io.out(await log.checkpoint())
  } finally {
    await log.close()
  }
  return 0
}

/** Prints the key that checks the checkpoints of the log in use, as C2SP's signed notes write it. */
export async function logKey(io: Io): Promise<number> {
  const origin = originOf(io)
  try {
    io.out(`${verifierOf(origin, loadSigningKey(io.home.checkpointKey))}\n`)
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  return 0
}

/** The name that the log signs by. Errors: AUDIT_UNAVAILABLE where there is no log that has one. */
function originOf({ home }: Io): string {
  let fd
  try {
    fd = openToRead(home.auditLog)
    const beginning = fd === undefined ? undefined : beginningOf(fd)
    if (beginning !== undefined) return beginning.origin
  } catch (error) {
    throw asFailure(error, home.auditLock)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
  throw unavailable('there is none yet', 'the first run makes one')
}
