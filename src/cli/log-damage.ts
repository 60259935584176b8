/** What is wrong with a log, in words. Pure. */
import type { Bad, Damage, Verdict } from '../audit/verify.ts'
import { SecretRefError } from '../errors.ts'
import type { Before } from './log-note.ts'

const DAMAGE: Readonly<Record<Damage, string>> = {
  'not-a-record': 'is not a record',
  'out-of-sequence': 'is missing, or another stands in its place',
  changed: 'was changed',
  missing: 'was acknowledged and is missing: the log ends before it',
  cut: 'was signed and is missing: the log ends before it',
  'not-signed': 'is not the one that was signed',
  'other-log':
    'is not the one that the checkpoints were signed for: the log was rewritten from its beginning, or they are of another log',
  misstated: 'says of the records before it what they are not',
}

/**
 * @param file the log's path where it is not the one in use
 * @param accused whether a checkpoint by an unknown key counts
 */
export function damageOf(
  { bad, checkpoints: { disputed } }: Verdict,
  before: Before | undefined,
  file: string | undefined,
  accused: boolean,
): SecretRefError[] {
  const log = file ?? 'the audit log'
  const errors: SecretRefError[] = []
  if (bad !== undefined) {
    const what = sentence(bad, log)
    errors.push(file === undefined ? inUse(what) : changed(what))
  }
  for (const { size } of accused ? disputed : []) {
    errors.push(
      changed(
        `a checkpoint of ${size} records, signed by a key that is not known here, does not fit ${log}`,
      ),
    )
  }
  if (before?.state === 'changed') {
    errors.push(
      changed(`the archive ${before.archived.file} is not what it was when it was put aside`),
    )
  }
  return errors
}

function sentence({ seq, to, damage }: Bad, log: string): string {
  if (to === undefined) return `record ${seq} of ${log} ${DAMAGE[damage]}`
  return `records ${seq} to ${to} of ${log} are not all those that were signed`
}

/** The log in use: nothing can be appended to it any more. */
function inUse(what: string): SecretRefError {
  return new SecretRefError('AUDIT_TAMPERED', what, {
    hint: 'copy its folder away as it is: it is evidence; then `secretref log archive --yes` keeps what is left under another name and starts a new log',
    scope: 'audit',
  })
}

export function changed(what: string): SecretRefError {
  return new SecretRefError('AUDIT_TAMPERED', what, {
    hint: 'keep it as it is, and compare it with a copy from elsewhere, such as a backup',
    scope: 'audit',
  })
}
