/** Why a database of ours cannot be used, in words. */
import { basename } from 'node:path'
import { errnoOf, SecretRefError } from '../errors.ts'
import { isDiskFull } from './full.ts'

const ANEW = 'delete it: it is made anew, and the audit log keeps what happened'
const UNSENT =
  'delete it: what was not sent is then not sent, and the audit log says what was raised'
/** Of `rotations.db`. */
const KEPT =
  'put a copy of it from your backup in its place; it cannot be made anew, so do not delete it'
const WRITABLE =
  'make it and its folder writable for you, or set SECRETREF_HOME to a folder that is'

type Cause = readonly [why: string, hint: string]

/** Its hint depends on the file. */
const DAMAGED: Cause = ['it is damaged, or no database', '']
const FULL: Cause = ['the disk is full', 'free some space on the disk that holds it']
const CAUSES: Readonly<Record<string, Cause>> = {
  ENOSPC: FULL,
  EDQUOT: ['your disk quota is used up', 'free some space, or have the quota raised'],
  EROFS: ['the file system is read-only', WRITABLE],
  EACCES: ['permission denied', WRITABLE],
  EPERM: ['the system does not permit it', WRITABLE],
  ENOTDIR: ['a part of its path is not a folder', 'set SECRETREF_HOME to a folder'],
  EEXIST: ['its folder is not a folder', 'set SECRETREF_HOME to a folder'],
}

const BUSY = 5
const READ_ONLY = 8
const IO_ERROR = 10
const CANNOT_OPEN = 14
/** SQLite's primary result codes: sqlite.org/rescode.html */
const SQLITE: Readonly<Record<number, Cause>> = {
  3: ['permission denied', WRITABLE],
  [BUSY]: ['another process holds it', 'try again'],
  [READ_ONLY]: ['it may not be written', WRITABLE],
  [IO_ERROR]: ['the disk answered with an I/O error', 'check the disk and the kernel log'],
  11: DAMAGED,
  13: FULL,
  [CANNOT_OPEN]: ['it or its folder cannot be opened', WRITABLE],
  26: DAMAGED,
}

/** @param what failed: `could not be opened` */
export function unavailable(path: string, what: string, error: unknown): SecretRefError {
  const cause = causeOf(error, path)
  const [why, hint] = cause
  return new SecretRefError('STATE_UNAVAILABLE', `${path} ${what}: ${why}`, {
    hint: cause === DAMAGED ? insteadOf(path) : hint,
    cause: error,
  })
}

/** Another process holds the database; it may let go. */
export function isBusy(error: unknown): boolean {
  return error instanceof SecretRefError && codeOfSqlite(error.cause) === BUSY
}

/** It may be read, and not be written. */
export function isReadOnly(error: unknown): boolean {
  if (!(error instanceof SecretRefError)) return false
  const code = codeOfSqlite(error.cause)
  if (code !== undefined) return code === READ_ONLY || code === CANNOT_OPEN
  return ['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error.cause) ?? '')
}

/** It may be read: nothing can be made beside it. */
export function isFull(error: unknown, path: string): boolean {
  if (!(error instanceof SecretRefError)) return false
  const { cause } = error
  const isCode = codeOfSqlite(cause) !== undefined || errnoOf(cause) !== undefined
  return isCode && causeOf(cause, path) === FULL
}

export function damaged(path: string): SecretRefError {
  return new SecretRefError('STATE_UNAVAILABLE', `${path} cannot be used: ${DAMAGED[0]}`, {
    hint: insteadOf(path),
  })
}

export function ofAnotherVersion(path: string): SecretRefError {
  return new SecretRefError('STATE_UNAVAILABLE', `${path} is of another version`, {
    hint: insteadOf(path),
  })
}

function insteadOf(path: string): string {
  const name = basename(path)
  if (name === 'state.db') return ANEW
  return name === 'alerts.db' ? UNSENT : KEPT
}

function codeOfSqlite(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

function causeOf(error: unknown, path: string): Cause {
  const sqlite = codeOfSqlite(error)
  if (sqlite === IO_ERROR && isDiskFull(path)) return FULL
  const known = sqlite === undefined ? CAUSES[errnoOf(error) ?? ''] : SQLITE[sqlite]
  if (known !== undefined) return known
  const code = sqlite === undefined ? (errnoOf(error) ?? 'without a code') : `SQLite ${sqlite}`
  return [`an unexpected failure (${code})`, 'run `secretref doctor`']
}
