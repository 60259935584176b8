/**
 * A log is one file, or several that follow each other. `audit.log` is the one that is written to; when
 * it has grown large or old it is renamed to `audit.<seq of its first record, 12 digits>.log`, and the
 * new `audit.log` begins with a `log.continued` record. `seq`, `prev` and the Merkle tree go on across
 * segments as if there were none. An archive has the same names with the same ending, `.<time>`.
 */
import { closeSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { openToLook } from './file.ts'
import { parseRecord } from './read.ts'
import type { AuditRecord } from './record.ts'
import { firstLine } from './tail.ts'

export interface Segment {
  path: string
  /** `seq` of its first record: by its name, or for the last by its first line (1 where that is none). */
  first: number
}

/** What a `log.continued` record says of the log before it. */
export interface Continued {
  /** Name of the segment before, as it was then, and `seq` of its first record. */
  file: string
  first: number
  /** Records before this one. */
  size: number
  /** Compact range of those records: hex roots of the full subtrees, left to right. */
  hashes: readonly string[]
  /** Of the log's checkpoints; it is made of the first record, which may have been moved away. */
  origin: string
}

/**
 * The segments of the log in use, oldest first, the one that is written to last; none where there is no
 * log. Older ones may have been moved away. The last may be rolled before the caller opens it: its first
 * `seq` is then larger than `first`, and the segments are to be asked for again.
 */
export function segmentsOf(home: Home): readonly Segment[] {
  return segmentsAt(home.auditLog)
}

/** As `segmentsOf`, of the log whose last segment is at this path, such as `audit.log.<time>`. */
export function segmentsAt(log: string): readonly Segment[] {
  const found = firstSeq(log)
  const active = found === undefined ? [] : [{ path: log, first: found }]
  // A roll that was interrupted leaves a second name of the file itself; an archive, those of the log
  // that was put aside.
  const before = found ?? Number.POSITIVE_INFINITY
  return [...closedAt(log).filter(({ first }) => first < before), ...active]
}

/**
 * Every regular file beside the log that has the name of a segment of it, whether or not it belongs to
 * it. What is no file cannot be one: where a segment is missed in its place, that is told.
 */
export function closedAt(log: string): Segment[] {
  const [, ending] = /^audit\.log(.*)$/s.exec(basename(log)) ?? []
  if (ending === undefined) return []
  const dir = dirname(log)
  return filesIn(dir)
    .flatMap((name) => {
      const [, first, rest] = /^audit\.(\d{12})\.log(.*)$/s.exec(name) ?? []
      // No record has the number 0.
      if (rest !== ending || Number(first) === 0) return []
      return [{ path: join(dir, name), first: Number(first) }]
    })
    .sort((one, other) => one.first - other.first)
}

/**
 * The logs that were put aside in this folder, oldest first, by the name of their last segment: also
 * where that was gone, and only closed ones are left.
 */
export function archivesIn(dir: string): string[] {
  const found = filesIn(dir).flatMap((name) => {
    const [, ending] = /^audit\.(?:\d{12}\.)?log(\.\d{8}T\d{9}Z)$/.exec(name) ?? []
    return ending === undefined ? [] : [`audit.log${ending}`]
  })
  return [...new Set(found)].toSorted()
}

/** Where a segment goes when it is closed. */
export function closedPath(log: string, first: number): string {
  const ending = basename(log).slice('audit.log'.length)
  return join(dirname(log), `audit.${String(first).padStart(12, '0')}.log${ending}`)
}

/** Undefined where the record is no `log.continued`, or not a whole one. */
export function continuedOf(record: AuditRecord | undefined): Continued | undefined {
  const { file, first, size, range, origin } = record?.detail ?? {}
  if (
    record?.event !== 'log.continued' ||
    typeof file !== 'string' ||
    typeof first !== 'number' ||
    typeof size !== 'number' ||
    typeof range !== 'string' ||
    typeof origin !== 'string'
  ) {
    return undefined
  }
  return { file, first, size, hashes: range.split(' '), origin }
}

function firstSeq(path: string): number | undefined {
  const fd = openToLook(path)
  if (fd === undefined) return undefined
  try {
    const line = firstLine(fd)
    return (line && parseRecord(line)?.seq) ?? 1
  } finally {
    closeSync(fd)
  }
}

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
