/** Records as lines for a person: aligned, and on a terminal no wider than it is. */
import type { AuditRecord } from '../audit/record.ts'
import { printable } from './io.ts'
import { table, width } from './table.ts'

/** Rows that are aligned with each other; a log of any length is shown in flat memory. */
const PAGE = 500
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)\.\d{3}Z$/
/** One, or several: what a segment says of the tree before it. */
const HASH = /^[0-9a-f]{64}(?: [0-9a-f]{64})*$/
/** Letters of a version or hash that a person sees. */
const SHORT = 8
const HEADER = ['SEQ', 'TIME', 'EVENT', 'AGENT', 'REF', '']
/** Where less than this is left beside the other columns, the rest of a record gets lines of its own. */
const ROOM = 32
const INDENT = 4

/**
 * @param columns of the terminal: what does not fit goes on below; left out: each record is one line
 * @returns pieces of text, each with whole lines
 */
export function* logTable(
  shown: Iterable<AuditRecord>,
  columns: number | undefined,
): Generator<string> {
  let page: Row[] = []
  let header = [HEADER]
  for (const record of shown) {
    const { seq, time, event, agent, ref } = record
    const cells = [seq, moment(time, 'seconds'), event, agent ?? '-', ref ?? '-'].map(String)
    page.push({ cells, about: about(record) })
    if (page.length < PAGE) continue
    yield pageText(header, page, columns)
    page = []
    header = []
  }
  yield pageText(header, page, columns)
}

interface Row {
  cells: string[]
  about: string[]
}

function pageText(header: string[][], page: readonly Row[], columns: number | undefined): string {
  if (columns === undefined) {
    return table([...header, ...page.map((row) => [...row.cells, row.about.join(' ')])])
  }
  const lines = table([...header, ...page.map(({ cells }) => [...cells, ''])]).split('\n')
  const widest = Math.max(0, ...lines.map(width))
  const beside = columns - widest - 2 >= ROOM
  const [indent, room] = beside
    ? [widest + 2, columns - widest - 2]
    : [INDENT, Math.max(ROOM, columns - INDENT)]
  return lines
    .slice(0, -1)
    .flatMap((line, i) => {
      const rest = wrapped(page[i - header.length]?.about ?? [], room)
      const [first = ''] = beside ? rest.splice(0, 1) : []
      const whole = first === '' ? line : `${line}${' '.repeat(indent - width(line))}${first}`
      return [whole].concat(rest.map((more) => `${' '.repeat(indent)}${more}`))
    })
    .map((line) => `${line}\n`)
    .join('')
}

/** The words on as many lines as they need; one that is wider than the room has a line of its own. */
function wrapped(words: readonly string[], room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words.map(printable)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && width(longer) > room) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line === '' ? lines : [...lines, line]
}

/**
 * The rest of a record in one order: what was decided first, what is long last. Somebody may have written
 * it: a part need not be what its type says.
 */
function about(record: AuditRecord): string[] {
  const { decision, reason, code, exit, secret, detail } = record
  const words = [decision, reason, code].filter((word) => word !== undefined).map(String)
  const fields = [
    ['env', record.envVar],
    ['provider', record.provider],
    ['command', record.command],
    ['exit', exit?.code],
    ['signal', exit?.signal],
    ['count', record.count],
    ['expires', secret?.expiresAt && moment(secret.expiresAt, 'minutes')],
    ['version', secret?.version && short(secret.version)],
    ...Object.entries(detail ?? {})
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => [key, HASH.test(String(value)) ? short(String(value)) : value]),
  ]
  for (const [key, value] of fields) {
    if (value !== undefined) words.push(`${key}=${value}`)
  }
  return words
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
