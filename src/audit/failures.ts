/** Why the audit log cannot be used or trusted, in words. */
import { errnoOf, SecretRefError } from '../errors.ts'
import { isDiskFull } from '../state/full.ts'

const NOT_WRITABLE = 'make the folder writable for you, or set SECRETREF_HOME to one that is'

/** By errno of the system: the cause, and what to do about it. */
const CAUSES: Readonly<Record<string, readonly [cause: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space on the disk that holds it'],
  EDQUOT: ['your disk quota is used up', 'free some space, or have the quota raised'],
  EFBIG: ['a limit on the size of files is reached', 'raise the limit (ulimit -f)'],
  EROFS: ['the file system is read-only', NOT_WRITABLE],
  EACCES: ['permission denied', NOT_WRITABLE],
  EPERM: ['the system does not permit it', NOT_WRITABLE],
  EMFILE: ['too many files are open', 'raise the limit (ulimit -n)'],
  ENFILE: ['too many files are open on this machine', 'close some programs'],
  EIO: ['the disk answered with an I/O error', 'check the disk and the kernel log'],
  ENOTDIR: ['a part of its path is not a folder', 'set SECRETREF_HOME to a folder'],
  EEXIST: ['something else stands in its place', 'move away what stands there'],
  EISDIR: ['a folder stands in its place', 'move away what stands there'],
}

/** SQLite's primary result codes (sqlite.org/rescode.html), by the errno that says the same. */
const SQLITE: Readonly<Record<number, string>> = {
  3: 'EACCES',
  8: 'EROFS',
  10: 'EIO',
  13: 'ENOSPC',
}
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

/** AUDIT_UNAVAILABLE with the cause in words: `the audit log cannot be used: the disk is full`. */
export function unavailable(cause: string, hint: string, error?: unknown): SecretRefError {
  return new SecretRefError('AUDIT_UNAVAILABLE', `the audit log cannot be used: ${cause}`, {
    hint,
    scope: 'audit',
    ...(error === undefined ? {} : { cause: error }),
  })
}

/** AUDIT_TAMPERED, with the two commands that lead on. */
export function tampered(what: string): SecretRefError {
  return new SecretRefError('AUDIT_TAMPERED', what, {
    hint: 'look at it with `secretref log verify`; `secretref log archive --yes` keeps what is left under another name and starts a new log',
    scope: 'audit',
  })
}

/** Anything thrown on the way to a durable record, as an error of ours. `lockPath` is for SQLite's. */
export function asFailure(error: unknown, lockPath: string): SecretRefError {
  if (error instanceof SecretRefError) return error
  const sqlite = sqliteCode(error)
  if (sqlite === SQLITE_CORRUPT || sqlite === SQLITE_NOTADB) {
    return unavailable(
      'its lock file is damaged',
      `move ${lockPath} away; the next start makes a new one and records that it did`,
      error,
    )
  }
  if (sqlite === SQLITE_CANTOPEN) {
    return unavailable(
      'its lock file cannot be opened',
      `look at ${lockPath} and its folder`,
      error,
    )
  }
  const said = sqlite === undefined ? errnoOf(error) : SQLITE[sqlite]
  const errno = said === 'EIO' && isDiskFull(lockPath) ? 'ENOSPC' : said
  const known = errno === undefined ? undefined : CAUSES[errno]
  if (known !== undefined) return unavailable(known[0], known[1], error)
  const code = sqlite === undefined ? (errno ?? 'without a code') : `SQLite ${sqlite}`
  return unavailable(`an unexpected failure (${code})`, 'run `secretref doctor`', error)
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY
}

/** SQLite may not make the files beside its own that it needs, such as on a disk that nobody may write to. */
export function mayNotOpen(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CANTOPEN || (code !== undefined && SQLITE[code] === 'EROFS')
}

function sqliteCode(error: unknown): number | undefined {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return error.errcode & 0xff
  }
  return undefined
}
