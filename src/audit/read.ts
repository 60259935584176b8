/** A log, line by line, in flat memory however long it is. */
import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, readSync } from 'node:fs'
import { openToLook } from './file.ts'
import type { AuditRecord } from './record.ts'
import { MAX_LINE } from './serialise.ts'

const NEWLINE = 10
const CHUNK = 256 * 1024

export interface Line {
  /** From 1; in a whole log it is the record's `seq`. */
  number: number
  /** Without the newline. Valid only until the next line is asked for. */
  bytes: Buffer
  /** Offset behind the line and its newline. */
  end: number
  /** False for bytes behind the last newline, and for what is too long to be a record; nothing follows. */
  whole: boolean
}

/**
 * Yields the lines that the log has at this moment; none where there is no log.
 * Errors: AUDIT_UNAVAILABLE where it is no file of ours, or what the system throws.
 */
export function* readLines(path: string): Generator<Line> {
  const fd = openToLook(path)
  if (fd === undefined) return
  try {
    yield* linesOf(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
}

/**
 * The record that a line holds; undefined where it holds none. Somebody may have written the line: fields
 * that we know have the types that they are to have, and of others nothing is nested deeper than a program
 * can walk through.
 */
export function parseRecord(line: Uint8Array): AuditRecord | undefined {
  let value: unknown
  // What is no UTF-8 would be read as something else than what was hashed.
  if (!isUtf8(line)) return undefined
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString())
  } catch {
    // Not JSON is an answer here; the parser's own words may quote the line.
    return undefined
  }
  return isRecord(value) ? value : undefined
}

/** The lines in the first `size` bytes of an open file. */
export function* linesOf(fd: number, size: number): Generator<Line> {
  let buffer = Buffer.allocUnsafe(CHUNK)
  let filled = 0
  let position = 0
  let number = 0
  while (position < size) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length)
    const wanted = Math.min(buffer.length - filled, size - position)
    const n = readSync(fd, buffer, filled, wanted, position)
    if (n === 0) break
    position += n
    filled += n
    const view = buffer.subarray(0, filled)
    let start = 0
    for (let at = view.indexOf(NEWLINE); at >= 0; at = view.indexOf(NEWLINE, start)) {
      const bytes = view.subarray(start, at)
      start = at + 1
      number += 1
      yield { number, bytes, end: position - filled + start, whole: true }
    }
    view.copyWithin(0, start)
    filled -= start
    if (filled > MAX_LINE) break
  }
  if (filled > 0) {
    yield { number: number + 1, bytes: buffer.subarray(0, filled), end: position, whole: false }
  }
}

type Test = (value: unknown) => boolean
const text: Test = (value) => typeof value === 'string'
const number: Test = (value) => typeof value === 'number'
const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value)
const object =
  (tests: readonly (readonly [key: string, test: Test])[]): Test =>
  (value) =>
    isObject(value) && tests.every(([key, test]) => test(value[key]))
const texts = (...keys: readonly string[]): [string, Test][] =>
  keys.map((key) => [key, optional(text)])

const FIELDS: readonly (readonly [key: keyof AuditRecord, test: Test])[] = [
  ['v', (value) => value === 1],
  ['seq', (value) => Number.isSafeInteger(value) && Number(value) > 0],
  ['time', text],
  ['event', text],
  ['prev', text],
  [
    'actor',
    object([['pid', optional(number)], ['uid', optional(number)], ...texts('type', 'id', 'run')]),
  ],
  ['agent', optional(text)],
  ['tool', optional(text)],
  ['ref', optional(text)],
  ['envVar', optional(text)],
  ['provider', optional(text)],
  ['target', optional(text)],
  ['environment', optional(text)],
  ['decision', optional(text)],
  ['reason', optional(text)],
  ['delivery', optional(text)],
  ['secret', optional(object(texts('version', 'fingerprint', 'expiresAt')))],
  ['ms', optional(number)],
  ['config', optional(text)],
  ['command', optional(text)],
  ['code', optional(text)],
  ['exit', optional(object([['code', optional(number)], ...texts('signal')]))],
  ['parent', optional(text)],
  ['count', optional(number)],
  ['detail', optional((value) => isObject(value) && Object.values(value).every(isPlain))],
]
/** Levels of what a later version may add. */
const DEPTH = 8

function isRecord(value: unknown): value is AuditRecord {
  return (
    isObject(value) && FIELDS.every(([key, test]) => test(value[key])) && isShallow(value, DEPTH)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isShallow(value: object, levels: number): boolean {
  return Object.values(value).every(
    (inner: unknown) =>
      typeof inner !== 'object' || inner === null || (levels > 0 && isShallow(inner, levels - 1)),
  )
}
