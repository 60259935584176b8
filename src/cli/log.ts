/** `secretref log show | archive`. */
import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { readAcross } from '../audit/across.ts'
import { archiveLog } from '../audit/archive.ts'
import { asFailure, tampered } from '../audit/failures.ts'
import { matcher, type Query } from '../audit/query.ts'
import { parseRecord, type Line } from '../audit/read.ts'
import type { AuditRecord } from '../audit/record.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { safeJson } from '../printable.ts'
import { errorText, printable, type Io } from './io.ts'
import { table } from './table.ts'

/** Rows that are aligned with each other; a log of any length is shown in flat memory. */
const PAGE = 500
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)\.\d{3}Z$/
const HASH = /^[0-9a-f]{64}$/
/** Letters of a version or hash that a person sees. */
const SHORT = 8
const HEADER = ['SEQ', 'TIME', 'EVENT', 'AGENT', 'REF', '']

export interface ShowOptions extends Query {
  /** A log elsewhere, such as an archive; left out: the log in use. */
  file?: string
  limit?: number
  json?: true
}

/** Prints the records that match, newest last. 1 where a line of the log is no record. */
export async function logShow(io: Io, options: ShowOptions): Promise<number> {
  const { limit } = options
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new SecretRefError('USAGE', '--limit is not a number of records', {
      hint: 'write a whole number above 0',
    })
  }
  const damaged: number[] = []
  const path = options.file === undefined ? io.home.auditLog : named(io, options.file)
  const matches = matcher(options, io.now())
  try {
    readAcross(path, undefined, ({ lines }) => {
      const found = records(lines, matches, damaged)
      const shown = limit === undefined ? found : last(found, limit)
      if (options.json) showJson(io, shown)
      else showTable(io, shown)
    })
  } catch (error) {
    throw asFailure(error, io.home.auditLock)
  }
  if (damaged.length === 0) return 0
  const log = options.file === undefined ? 'the audit log' : path
  io.err(errorText(io.program, tampered(`line ${damaged[0]} of ${log} is not a record`)))
  return 1
}

/** Puts the log aside and begins a new one. Asks on a terminal; elsewhere `--yes` is needed. */
export async function logArchive(io: Io, options: { yes?: true }): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not archive the audit log', {
      scope: 'audit',
      hint: 'that is for a person to do, outside of a run',
    })
  }
  if (!options.yes && !(await confirmed(io))) {
    throw new SecretRefError('USAGE', 'nothing was archived', {
      hint: `\`${io.program} log archive --yes\` does it without asking`,
    })
  }
  const target = await archiveLog(io.home, actorOf(), io.now())
  io.out(
    target === undefined
      ? 'there was no log left; a new one begins, and says so\n'
      : `archived: ${printable(target)}; a new log begins, and says so\n`,
  )
  return 0
}

function named(io: Io, file: string): string {
  const path = resolve(io.cwd, file)
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path
  throw new SecretRefError('AUDIT_UNAVAILABLE', `there is no file ${path}`, {
    hint: 'name a log, such as an archive beside the log in use',
    scope: 'audit',
  })
}

function* records(
  lines: Iterable<Line>,
  matches: (record: AuditRecord) => boolean,
  damaged: number[],
): Generator<AuditRecord> {
  for (const line of lines) {
    // Behind the last newline a writer may be at work.
    if (!line.whole) break
    const record = parseRecord(line.bytes)
    if (record === undefined) damaged.push(line.number)
    else if (matches(record)) yield record
  }
}

function last(found: Iterable<AuditRecord>, limit: number): AuditRecord[] {
  const kept: AuditRecord[] = []
  for (const record of found) {
    kept.push(record)
    if (kept.length >= 2 * limit) kept.splice(0, kept.length - limit)
  }
  return kept.slice(-limit)
}

function showJson(io: Io, shown: Iterable<AuditRecord>): void {
  let separator = '{"version":1,"records":[\n'
  for (const record of shown) {
    io.out(separator + safeJson(record))
    separator = ',\n'
  }
  io.out(separator.startsWith(',') ? '\n]}\n' : '{"version":1,"records":[]}\n')
}

function showTable(io: Io, shown: Iterable<AuditRecord>): void {
  let page = [HEADER]
  for (const record of shown) {
    const { seq, time, event, agent, ref } = record
    page.push([
      String(seq),
      moment(time, 'seconds'),
      event,
      agent ?? '-',
      ref ?? '-',
      about(record),
    ])
    if (page.length > PAGE) {
      io.out(table(page))
      page = []
    }
  }
  io.out(table(page))
}

/** The rest of a record, in one cell and one order: what was decided first, what is long last. */
function about(record: AuditRecord): string {
  const { decision, reason, code, exit, secret, detail = {} } = record
  const words = [decision, reason, code].filter((word) => word !== undefined)
  const fields = [
    ['env', record.envVar],
    ['provider', record.provider],
    ['command', record.command],
    ['exit', exit?.code],
    ['signal', exit?.signal],
    ['count', record.count],
    ['expires', secret?.expiresAt && moment(secret.expiresAt, 'minutes')],
    ['version', secret?.version && short(secret.version)],
    ...Object.entries(detail)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => [key, HASH.test(String(value)) ? short(String(value)) : value]),
  ]
  for (const [key, value] of fields) {
    if (value !== undefined) words.push(`${key}=${value}`)
  }
  return words.join(' ')
}

/** `2026-11-24T09:00:00Z`, or without its seconds; anything that is not in the log's form stays as it is. */
function moment(time: string, precision: 'seconds' | 'minutes'): string {
  const [, minutes, seconds] = TIME.exec(time) ?? []
  if (minutes === undefined) return time
  return precision === 'seconds' ? `${minutes}${seconds}Z` : `${minutes}Z`
}

/** Enough to tell two apart; `--json` has the whole. */
function short(text: string): string {
  return text.length > SHORT + 1 ? `${text.slice(0, SHORT).toWellFormed()}…` : text
}

async function confirmed(io: Io): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(
      `put ${printable(io.home.auditLog)} aside and begin a new log? [y/N] `,
    )
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
