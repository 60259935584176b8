/** `secretref log verify`. */
import { resolve } from 'node:path'
import { readAcross } from '../audit/across.ts'
import { archivedBefore, checkArchive } from '../audit/archived.ts'
import { asFailure } from '../audit/failures.ts'
import { readStored } from '../audit/lock.ts'
import { segmentsAt } from '../audit/segments.ts'
import { keysOf, type Keys } from '../audit/verifier-keys.ts'
import { verifyChain, type Verdict } from '../audit/verify.ts'
import { checkpointsIn, notesKept, type Notes } from '../audit/vouched.ts'
import { SecretRefError } from '../errors.ts'
import { safeJson } from '../printable.ts'
import { readEvidence } from './evidence.ts'
import { errorText, printable, type Io } from './io.ts'
import { readKept } from './log-checkpoints.ts'
import { damageOf } from './log-damage.ts'
import { isDoubt, type Before, type Checked } from './log-note.ts'
import { notesOf } from './log-notes.ts'
import { accuses } from './log-signatures.ts'
import { progressLine } from './progress.ts'

export interface VerifyOptions {
  /** A log elsewhere, such as an archive; left out: the log in use. */
  file?: string
  /** A file of checkpoints that was kept elsewhere; `-`: stdin. */
  against?: string
  /** The public key that checkpoints must be signed with; left out: that of this home. */
  key?: string
  /** The first record to look at. */
  from?: number
  json?: true
  strict?: true
}

/** Between two looks at the terminal: a signature takes far longer than a record. */
const RECORDS = 20_000
const NOTES = 2000

/**
 * Checks chain, tree and checkpoints, and the archive that the log says it follows. 0: whole. 1: damage,
 * which is named; with `strict` also where a note says that something cannot be told.
 */
export async function logVerify(io: Io, options: VerifyOptions): Promise<number> {
  const { from, against } = options
  const inUse = resolve(io.home.auditLog)
  const path = options.file === undefined ? inUse : resolve(io.cwd, options.file)
  const current = path === inUse
  let checked: Checked
  try {
    const keys = keysOf(io.home, options.key)
    const kept = against === undefined ? undefined : evidence(io, against, keys)
    // Head and checkpoints first, the log last: each may grow meanwhile, and never shrinks.
    const { head, signed } = current ? readStored(io.home.auditLock) : {}
    const list = readKept(path)
    const own = checkpointsIn(told(io, 'checkpoint', NOTES, list.notes), keys.keyFor, false)
    const checkpoints = [...own.checkpoints, ...(kept?.checkpoints ?? [])]
    checked = readAcross(path, from, ({ start, lines }) => ({
      verdict: verifyChain(told(io, 'record', RECORDS, lines), head, {
        start,
        checkpoints,
        aside: !current,
      }),
      start,
      keys,
      own,
      list,
      ...(signed && { lockSigned: signed.seq }),
      ...(kept && { kept }),
    }))
    const before = beforeOf(path)
    if (before !== undefined) checked.before = before
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  const { verdict, before } = checked
  if (verdict.bad === undefined && verdict.records === 0) throw nothingAt(path, current, from)
  const notes = notesOf(checked, options, current)
  const doubts = notes.filter(isDoubt).length
  const errors = [
    ...damageOf(verdict, before, current ? undefined : path, accuses(checked)),
    ...(verdict.bad === undefined ? unsigned(checked) : []),
  ]
  const ok = errors.length === 0 && !(options.strict && doubts > 0)

  if (options.json) {
    const { marks: _, moreMarks: __, lockMade: ___, ...facts } = verdict
    const archive = before && { file: before.archived.file, state: before.state }
    io.out(`${safeJson({ version: 1, ok, ...facts, ...(archive && { archive }), notes })}\n`)
  } else if (errors.length === 0) io.out(praise(verdict, doubts, against))
  for (const error of errors) io.err(errorText(io.program, error))
  if (!options.json) {
    const say = errors.length === 0 ? io.out : io.err
    for (const { text } of notes) say(`note: ${printable(text)}\n`)
  }
  return ok ? 0 : 1
}

/** Says on a terminal how far something long has come. */
function* told<T>(io: Io, what: string, each: number, all: Iterable<T>): Generator<T> {
  const progress = progressLine(io)
  let count = 0
  try {
    for (const one of all) {
      count += 1
      if (count % each === 0) progress.show(`verifying: ${what} ${count}`)
      yield one
    }
  } finally {
    progress.clear()
  }
}

function evidence(io: Io, file: string, keys: Keys): Notes {
  const notes = notesKept(readEvidence(io, file, 'the checkpoint'))
  const kept = checkpointsIn(told(io, 'checkpoint', NOTES, notes), keys.keyFor, true)
  if (kept.checkpoints.length + kept.forged > 0) return kept
  throw new SecretRefError('USAGE', 'the file holds no checkpoint', {
    hint: 'name one that `secretref log checkpoint` printed, or that an anchor keeps',
  })
}

/** Whoever gives a key, or a checkpoint, says that it must vouch. Others beside it are told in notes. */
function unsigned({ keys, own, kept, verdict }: Checked): SecretRefError[] {
  const { tree } = verdict
  if (kept !== undefined && kept.forged > 0 && !kept.checkpoints.some(({ known }) => known)) {
    return [
      invalid(
        'a checkpoint names the key and is not signed by it',
        'somebody made or changed it; keep it, and use another copy',
      ),
    ]
  }
  if (keys.from !== 'given') {
    if (verdict.checkpoints.strange === 0) return []
    return [
      invalid(
        'checkpoints that you kept are of other logs, and signed with keys that are not known here: this log may have taken the place of one of them',
        'give the public key that you kept with --key: it says which log this is to be',
      ),
    ]
  }
  const those = (kept ?? own).checkpoints
  const ofThis = tree === undefined || keys.keyFor(tree.origin)?.name === tree.origin
  if (ofThis && those.some(({ known }) => known)) return []
  return [
    invalid(
      'a checkpoint is not signed with the key that was given',
      'is it the key of this log? `secretref log key` prints that where the log is written',
    ),
  ]
}

function invalid(message: string, hint: string): SecretRefError {
  return new SecretRefError('PROOF_INVALID', message, { hint, scope: 'audit' })
}

/** The oldest segment says it; where that is not here any more, nothing does. */
function beforeOf(path: string): Before | undefined {
  const archived = archivedBefore(segmentsAt(path)[0]?.path ?? path)
  return archived && { archived, state: checkArchive(path, archived) }
}

function nothingAt(path: string, current: boolean, from: number | undefined): SecretRefError {
  if (from !== undefined && from > 1) {
    return new SecretRefError('RECORD_UNKNOWN', `the log has no record ${from}`, {
      hint: '`secretref log show --limit 1` shows the last one',
      scope: 'audit',
    })
  }
  return current
    ? new SecretRefError('AUDIT_UNAVAILABLE', 'there is no audit log yet', {
        hint: `the first run makes one: ${path}`,
        scope: 'audit',
      })
    : new SecretRefError('AUDIT_UNAVAILABLE', `there is no record in ${path}`, {
        hint: 'name a log, such as an archive beside the log in use',
        scope: 'audit',
      })
}

function praise(verdict: Verdict, doubts: number, against: string | undefined): string {
  const { first, records, last, acknowledged, lockMade, checkpoints } = verdict
  const which = first === 1 ? `${records} records` : `${records} records from ${first} on`
  const chain = `${which}, the chain is whole`
  const lines = [
    doubts === 0
      ? `ok: ${chain}`
      : `${chain}, but not all can be told from it: see ${doubts === 1 ? 'the note' : `${doubts} notes`} below`,
  ]
  if (last !== undefined) lines.push(`last: ${last.time}, ${last.hash}`)
  if (acknowledged !== undefined) {
    // Whoever removed the lock file had it made anew there, whatever the log held before.
    const since = lockMade === undefined ? '' : `, by a lock file made at record ${lockMade}`
    lines.push(`acknowledged: up to record ${acknowledged}${since}`)
  }
  if (checkpoints.signed > 0) lines.push(`signed: up to record ${checkpoints.signed}`)
  if (against !== undefined && checkpoints.elsewhere > 0) {
    lines.push(
      `agrees with ${against === '-' ? 'stdin' : against}: up to record ${checkpoints.elsewhere}`,
    )
  }
  return lines.map((line) => `${printable(line)}\n`).join('')
}
