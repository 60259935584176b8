/**
 * `$SECRETREF_HOME/audit.json`: how often a checkpoint is signed, when a segment is closed, and where
 * checkpoints are anchored. Read at every start, and only ever from there: a project's folder must not
 * be able to silence the log.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, SecretRefError } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import type { Home } from '../state/home.ts'
import { parseAnchor, type Anchor } from './anchor/parse.ts'
import { fieldsOf, type Fields, type Mistake } from './settings-fields.ts'

export type { Anchor }

export interface AuditSettings {
  /** A checkpoint is signed after so many records, or so many seconds after a record that has none. */
  checkpoint: { records: number; seconds: number }
  /** A segment is closed when it has come to so many bytes, or its first record is so many days old. */
  segment: { bytes: number; days: number }
  anchors: readonly Anchor[]
}

const DEFAULTS: AuditSettings = {
  checkpoint: { records: 1000, seconds: 60 },
  segment: { bytes: 64 * 1024 * 1024, days: 30 },
  anchors: [],
}

const MAX_BYTES = 64 * 1024
const KEYS = ['checkpoint', 'segment', 'anchors'] as const

/**
 * The settings, or the defaults where there is no such file.
 * Errors: CONFIG_INVALID for the first mistake in it, FILE_INSECURE where others could write it or it
 * is no file of ours.
 */
export function readSettings(home: Home): AuditSettings {
  const path = home.auditSettings
  const text = textOf(path)
  if (text === undefined) return DEFAULTS
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // The parser's own words may quote what stands there.
    throw new SecretRefError('CONFIG_INVALID', `the audit settings ${path} are not JSON`, {
      scope: 'audit',
      hint: 'JSON without comments and without a comma after the last entry is wanted',
    })
  }
  return parseSettings(document, home)
}

/** @param document what stood in the file */
export function parseSettings(document: unknown, home: Home): AuditSettings {
  const mistake: Mistake = (key, what, hint) =>
    new SecretRefError(
      'CONFIG_INVALID',
      `in the audit settings ${home.auditSettings}, ${key} ${what}`,
      { scope: 'audit', hint },
    )
  const fields = fieldsOf(document, 'the whole', KEYS, mistake)
  const { anchors = [] } = fields
  if (!Array.isArray(anchors)) {
    throw mistake('anchors', 'is not a list', 'write "anchors": [{"type": "file", "path": "…"}]')
  }
  return {
    checkpoint: numbersOf(fields, 'checkpoint', DEFAULTS.checkpoint, mistake),
    segment: numbersOf(fields, 'segment', DEFAULTS.segment, mistake),
    anchors: anchors.map((anchor, i) => parseAnchor(anchor, `anchors[${i}]`, home, mistake)),
  }
}

/** The smallest and the largest of each number. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  records: [1, 1_000_000],
  seconds: [1, 86_400],
  bytes: [1024, 1024 ** 4],
  days: [1, 3650],
}

function numbersOf<T extends Record<string, number>>(
  fields: Fields,
  group: keyof typeof DEFAULTS,
  defaults: T,
  mistake: Mistake,
): T {
  if (fields[group] === undefined) return defaults
  const given = fieldsOf(fields[group], group, Object.keys(defaults), mistake)
  for (const [key, value] of Object.entries(given)) {
    const [least, most] = BOUNDS[key] ?? [0, 0]
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) continue
    throw mistake(
      `${group}.${key}`,
      `is not a whole number from ${least} to ${most}`,
      `write a number, or leave it out: ${defaults[key]} is meant then`,
    )
  }
  return { ...defaults, ...given }
}

/** Undefined where there is no such file. */
function textOf(path: string): string | undefined {
  let fd: number
  try {
    // Cheaper than an error, and the usual case.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw insecure(path, 'cannot be opened as a file of yours', error)
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw insecure(path, 'are not a regular file')
    if (stats.uid !== process.geteuid?.()) throw insecure(path, 'belong to another user')
    if ((stats.mode & 0o022) !== 0) {
      throw insecure(path, 'can be written by others', undefined, `chmod 600 ${shellWord(path)}`)
    }
    const bytes = Buffer.alloc(MAX_BYTES + 1)
    const length = readSync(fd, bytes)
    if (length > MAX_BYTES) throw insecure(path, 'are larger than 64 KiB')
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}

function insecure(path: string, why: string, cause?: unknown, hint?: string): SecretRefError {
  const errno = errnoOf(cause)
  const because = errno === 'ELOOP' ? 'are a symbolic link' : why
  return new SecretRefError('FILE_INSECURE', `the audit settings ${path} ${because}`, {
    scope: 'audit',
    hint: hint ?? 'put a file of your own in its place, with mode 0600, or remove it',
    ...(cause === undefined ? {} : { cause }),
  })
}
