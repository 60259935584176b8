/** `secretref log verify-proof`: without the log, and without its machine. */
import { asFailure } from '../audit/failures.ts'
import { leafHash } from '../audit/hash.ts'
import { rootOfPath } from '../audit/proof.ts'
import { parseRecord } from '../audit/read.ts'
import { parseProof, type Proof } from '../audit/tlog-proof.ts'
import { keysOf, type Keys } from '../audit/verifier-keys.ts'
import { checkpointsIn, notesKept, signedBy } from '../audit/vouched.ts'
import { SecretRefError } from '../errors.ts'
import { safeJson } from '../printable.ts'
import { readEvidence } from './evidence.ts'
import { printable, type Io } from './io.ts'

export interface ProofOptions {
  /** The public key that must have signed; left out: that of this home. */
  key?: string
  /** A file of checkpoints that was kept: the proof's must be one of them. */
  against?: string
  json?: true
}

/** Prints the record that was proved. Errors: PROOF_INVALID, also where nobody vouches for the key. */
export async function logVerifyProof(io: Io, file: string, options: ProofOptions): Promise<number> {
  const keys = keysFor(io, options.key)
  const proof = parseProof(readEvidence(io, file, 'the proof'))
  const record = proof && parseRecord(proof.line)
  if (proof === undefined || record === undefined) {
    throw invalid('it is not a proof', 'name a file that `secretref log prove` wrote')
  }
  const { index, line, path, checkpoint } = proof
  const { origin, size, root } = checkpoint
  if (record.seq !== index + 1 || rootOfPath(index, size, leafHash(line), path) !== root) {
    throw invalid(
      'the record is not one of those that the checkpoint is of',
      'record, proof or checkpoint was changed; have the proof made again',
    )
  }
  checkSignature(proof, keys)
  if (options.against !== undefined) checkKept(io, options.against, proof, keys)
  if (options.json) {
    io.out(`${safeJson({ version: 1, ok: true, origin, size, root, record })}\n`)
  } else {
    io.out(printable(`ok: record ${record.seq} is in the log ${origin}, signed at ${size} records`))
    io.out(`\n${safeJson(record)}\n`)
  }
  return 0
}

function keysFor(io: Io, given: string | undefined): Keys {
  try {
    return keysOf(io.home, given)
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
}

function checkSignature({ note, checkpoint }: Proof, keys: Keys): void {
  const signature = signedBy(note, checkpoint, keys.keyFor)
  if (signature === 'good') return
  if (signature === 'bad') {
    throw invalid(
      'the checkpoint names the key and is not signed by it',
      'somebody made or changed it; have the proof made again',
    )
  }
  if (keys.from === 'given') {
    throw invalid(
      'the checkpoint is not signed with the key that was given',
      'is it the key of this log? `secretref log key` prints that where the log is written',
    )
  }
  throw invalid(
    'nobody here vouches for the key that signed the checkpoint',
    'give the public key of the log with --key; do not take it from whoever gave you the proof',
  )
}

function checkKept(io: Io, file: string, { checkpoint }: Proof, { keyFor }: Keys): void {
  const kept = checkpointsIn(notesKept(readEvidence(io, file, 'the checkpoint')), keyFor, true)
  const { origin, size, root } = checkpoint
  const same = kept.checkpoints.some(
    (other) => other.known && other.origin === origin && other.size === size && other.root === root,
  )
  if (same) return
  throw invalid(
    'its checkpoint is none of those that you kept',
    'have the proof made again, and keep the checkpoint of that moment',
  )
}

function invalid(why: string, hint: string): SecretRefError {
  return new SecretRefError('PROOF_INVALID', `the proof does not hold: ${why}`, {
    hint,
    scope: 'audit',
  })
}
