/** `secretref log prove`. */
import { readAcross } from '../audit/across.ts'
import { asFailure, tampered } from '../audit/failures.ts'
import { leafHash } from '../audit/hash.ts'
import { EMPTY_RANGE } from '../audit/merkle.ts'
import { proveInclusion, rootOfPath } from '../audit/proof.ts'
import type { Line } from '../audit/read.ts'
import { proofText } from '../audit/tlog-proof.ts'
import { keysOf } from '../audit/verifier-keys.ts'
import { newestOf, type Newest } from '../audit/vouched.ts'
import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'
import { readKept } from './log-checkpoints.ts'

/** Prints a proof that the record is in the log, as the newest checkpoint has signed it. */
export async function logProve(io: Io, seq: number): Promise<number> {
  const log = io.home.auditLog
  try {
    const newest = newestOf(readKept(log).notes, keysOf(io.home, undefined).keyFor)
    if (newest === undefined || seq > newest.checkpoint.size) throw notCovered(seq, newest)
    io.out(proofOf(log, seq, newest))
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  return 0
}

function proofOf(log: string, seq: number, { note, checkpoint }: Newest): string {
  const { size, root } = checkpoint
  const index = seq - 1
  let line: Buffer | undefined
  function* leaves(lines: Iterable<Line>): Generator<string> {
    for (const { number, bytes, whole } of lines) {
      if (!whole) return
      if (number === seq) line = Buffer.from(bytes)
      yield leafHash(bytes)
    }
  }
  const proof = readAcross(log, undefined, ({ start, lines }) => {
    if (seq <= start.seq) throw notHere(seq)
    return proveInclusion(index, size, start.range ?? EMPTY_RANGE, leaves(lines))
  })
  const proved = proof && rootOfPath(index, size, proof.leaf, proof.path)
  if (line === undefined || proof === undefined || proved !== root) {
    throw tampered(`the first ${size} records of the audit log are not those that were signed`)
  }
  return proofText(line, index, proof.path, note)
}

function notCovered(seq: number, newest: Newest | undefined): SecretRefError {
  const until =
    newest === undefined
      ? 'there is none that the key of this machine signed'
      : `the newest is of ${newest.checkpoint.size} records`
  return new SecretRefError('RECORD_UNKNOWN', `no checkpoint covers record ${seq}: ${until}`, {
    hint: 'if the log has that record, `secretref log checkpoint` signs how far it has come',
    scope: 'audit',
  })
}

function notHere(seq: number): SecretRefError {
  return new SecretRefError('RECORD_UNKNOWN', `record ${seq} is not here any more`, {
    hint: 'its segment was moved away: bring it back, or prove it where it is',
    scope: 'audit',
  })
}
