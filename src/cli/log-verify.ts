/** `secretref log verify`. */
import { resolve } from 'node:path'
import { archivedBefore, checkArchive } from '../audit/archived.ts'
import { asFailure, tampered } from '../audit/failures.ts'
import { readHead } from '../audit/lock.ts'
import { readLines } from '../audit/read.ts'
import { safeJson } from '../printable.ts'
import { verifyChain, type Damage, type Verdict } from '../audit/verify.ts'
import { SecretRefError } from '../errors.ts'
import { errorText, printable, type Io } from './io.ts'
import { isDoubt, notesOf, type Before } from './log-notes.ts'

const DAMAGE: Readonly<Record<Damage, string>> = {
  'not-a-record': 'is not a record',
  'out-of-sequence': 'is missing, or another stands in its place',
  changed: 'was changed',
  missing: 'was acknowledged and is missing: the log ends before it',
}

export interface VerifyOptions {
  /** A log elsewhere, such as an archive; left out: the log in use. */
  file?: string
  json?: true
  strict?: true
}

/**
 * Checks the whole chain, and the archive that the log says it follows. 0: whole. 1: damage, which is
 * named; with `strict` also where a note says that something cannot be told.
 */
export async function logVerify(io: Io, options: VerifyOptions): Promise<number> {
  const inUse = resolve(io.home.auditLog)
  const path = options.file === undefined ? inUse : resolve(io.cwd, options.file)
  const current = path === inUse
  let verdict
  let before
  try {
    // The head first: the log may grow meanwhile, never shrink.
    const head = current ? readHead(io.home.auditLock) : undefined
    verdict = verifyChain(readLines(path), head)
    before = beforeOf(path)
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  if (verdict.bad === undefined && verdict.records === 0) throw nothingAt(path, current)
  const notes = notesOf(verdict, before, current)
  const doubts = notes.filter(isDoubt).length
  const errors = damageOf(verdict, before, current ? undefined : path)
  const ok = errors.length === 0 && !(options.strict && doubts > 0)

  if (options.json) {
    const { marks: _, ...facts } = verdict
    const archive = before && { file: before.archived.file, state: before.state }
    io.out(`${safeJson({ version: 1, ok, ...facts, ...(archive && { archive }), notes })}\n`)
  } else if (errors.length === 0) io.out(praise(verdict, doubts))
  for (const error of errors) io.err(errorText(io.program, error))
  if (!options.json) {
    const say = errors.length === 0 ? io.out : io.err
    for (const { text } of notes) say(`note: ${printable(text)}\n`)
  }
  return ok ? 0 : 1
}

function beforeOf(path: string): Before | undefined {
  const archived = archivedBefore(path)
  return archived && { archived, state: checkArchive(path, archived) }
}

/** @param file the log's path where it is not the one in use */
function damageOf(
  { bad }: Verdict,
  before: Before | undefined,
  file: string | undefined,
): SecretRefError[] {
  const errors: SecretRefError[] = []
  if (bad !== undefined) {
    const what = `record ${bad.seq} of ${file ?? 'the audit log'} ${DAMAGE[bad.damage]}`
    errors.push(file === undefined ? tampered(what) : changed(what))
  }
  if (before?.state === 'changed') {
    errors.push(
      changed(`the archive ${before.archived.file} is not what it was when it was put aside`),
    )
  }
  return errors
}

function changed(what: string): SecretRefError {
  return new SecretRefError('AUDIT_TAMPERED', what, {
    hint: 'keep it as it is, and compare it with a copy from elsewhere, such as a backup',
    scope: 'audit',
  })
}

function nothingAt(path: string, current: boolean): SecretRefError {
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

function praise({ records, last, acknowledged, marks }: Verdict, doubts: number): string {
  const chain = `${records} records, the chain is whole`
  const lines = [
    doubts === 0
      ? `ok: ${chain}`
      : `${chain}, but not all can be told from it: see ${doubts === 1 ? 'the note' : `${doubts} notes`} below`,
  ]
  if (last !== undefined) lines.push(`last: ${last.time}, ${last.hash}`)
  if (acknowledged !== undefined) {
    // Whoever removed the lock file had it made anew there, whatever the log held before.
    const made = marks.findLast(({ event }) => event === 'log.opened')?.seq
    const since = made === undefined ? '' : `, by a lock file made at record ${made}`
    lines.push(`acknowledged: up to record ${acknowledged}${since}`)
  }
  return lines.map((line) => `${printable(line)}\n`).join('')
}
