/** What the commands have in common that read a log: which one, what was asked for, what is wrong with it. */
import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import { readAcross } from '../audit/across.ts'
import { asFailure, tampered } from '../audit/failures.ts'
import { Lookout, matcher, quoted, type Query, type Unseen } from '../audit/query.ts'
import { recordsOf, type Damage, type Found } from '../audit/records.ts'
import type { Line } from '../audit/read.ts'
import { closedAt } from '../audit/segments.ts'
import { SecretRefError } from '../errors.ts'
import { changed } from './log-damage.ts'
import { errorText, printable, type Io } from './io.ts'

export interface Source extends Query {
  /** A log elsewhere, such as an archive; left out: the log in use. */
  file?: string
}

/**
 * Reads the log across its segments and hands on what matches, in order. Says on stderr which line is no
 * record, and which name no record has.
 * @returns the exit code: 1 where a line is no record
 */
export function readLog(io: Io, source: Source, use: (found: Iterable<Found>) => void): number {
  const path = source.file === undefined ? io.home.auditLog : named(io, source.file)
  const matches = matcher(source, io.now())
  const lookout = new Lookout(source)
  const damage: Damage = {}
  function* matching(lines: Iterable<Line>): Generator<Found> {
    for (const found of recordsOf(lines, damage)) {
      lookout.see(found.record)
      if (matches(found.record)) yield found
    }
  }
  try {
    readAcross(path, undefined, ({ lines }) => use(matching(lines)))
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  for (const name of lookout.unseen()) io.err(unseenText(io.program, name))
  if (damage.first === undefined) return 0
  const log = source.file === undefined ? 'the audit log' : path
  const damaged = source.file === undefined ? tampered : changed
  io.err(errorText(io.program, damaged(`line ${damage.first} of ${log} is not a record`)))
  return 1
}

function unseenText(program: string, { kind, name, nearest }: Unseen): string {
  const article = kind === 'agent' ? 'an agent' : 'a ref'
  const line = `${program}: note: no record names ${article}${quoted(name) || ' of that name'}\n`
  return nearest === undefined ? line : `${line}hint: did you mean "${printable(nearest)}"?\n`
}

function named(io: Io, file: string): string {
  const path = resolve(io.cwd, file)
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path
    // An archive of a log whose last segment was gone.
    if (closedAt(path).length > 0) return path
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  throw new SecretRefError('AUDIT_UNAVAILABLE', `there is no file ${path}`, {
    hint: 'name a log, such as an archive beside the log in use',
    scope: 'audit',
  })
}
