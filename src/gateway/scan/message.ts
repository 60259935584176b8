/**
 * Where what a scanner says crosses the wall: field by field, each with a closed form. The path is one
 * that was asked for, or below it; ids are out of closed lists; the rest are numbers and fingerprints.
 */
import { searchRules } from '../../targets/detect.ts'
import { LITERALS } from '../../targets/literals.ts'
import { codeOf, FINGERPRINT, known, matching, objectIn } from '../metadata.ts'
import {
  HIT_KINDS,
  idOfKind,
  OTHER_KINDS,
  SKIPS,
  type ScanInstruction,
  type ScanMessage,
  type Totals,
} from './words.ts'

const IDS: ReadonlySet<string> = new Set([
  ...OTHER_KINDS,
  ...LITERALS.map(({ kind }) => idOfKind(kind)),
  ...searchRules().flatMap(({ ids }) => ids),
])
/** Longer than the system opens (PATH_MAX), by a name: such a one is told of too, as unreadable. */
const MOST_PATH = 8192
/** More than any form has in common. */
const MOST_IDS = 64

/**
 * @param line what a scanner sent
 * @returns `undefined` where the line breaks the contract
 */
export function parseScanMessage(
  line: string,
  asked: Pick<ScanInstruction, 'paths' | 'known'>,
): ScanMessage | undefined {
  const parsed = objectIn(line)
  if (parsed === undefined) return undefined
  const { type } = parsed
  if (type === 'end') return parseEnd(parsed)
  if (type === 'failed') {
    const code = codeOf(parsed['code'])
    return code && { type, code }
  }
  const file = pathBelow(parsed['file'], asked.paths)
  if (file === undefined) return undefined
  switch (type) {
    case 'unreadable':
      return { type, file }
    case 'skipped': {
      const why = SKIPS.find((one) => one === parsed['why'])
      return why && { type, file, why }
    }
    case 'at': {
      const files = countIn(parsed['files'])
      const bytes = countIn(parsed['bytes'])
      return files === undefined || bytes === undefined ? undefined : { type, file, files, bytes }
    }
    case 'hit':
      return parseHit(parsed, file, asked.known.length)
    default:
      return undefined
  }
}

function parseEnd(parsed: Readonly<Record<string, unknown>>): ScanMessage | undefined {
  const count = (name: keyof Totals): number => countIn(parsed[name]) ?? Number.NaN
  const totals: Totals = {
    files: count('files'),
    bytes: count('bytes'),
    leftOut: count('leftOut'),
    searchedAnyway: count('searchedAnyway'),
    unlisted: count('unlisted'),
    uncompared: count('uncompared'),
    notFollowed: count('notFollowed'),
    unmatched: count('unmatched'),
    links: count('links'),
  }
  return Object.values(totals).some(Number.isNaN) ? undefined : { type: 'end', ...totals }
}

function parseHit(
  parsed: Readonly<Record<string, unknown>>,
  file: string,
  knownCount: number,
): ScanMessage | undefined {
  const kind = HIT_KINDS.find((one) => one === parsed['kind'])
  const ids = listOf(parsed['ids'], (id) => known(id, IDS))
  const places = listOf(parsed['known'], (i) => {
    const place = countIn(i)
    return place !== undefined && place < knownCount ? place : undefined
  })
  const fingerprint = matching(parsed['fingerprint'], FINGERPRINT)
  if (kind === undefined || ids === undefined || places === undefined) return undefined
  if (fingerprint === undefined || (kind === 'known') !== places.length > 0) return undefined
  const line = countIn(parsed['line'])
  const column = countIn(parsed['column'])
  if (!line || !column) return undefined
  return { type: 'hit', file, kind, line, column, ids, known: places, fingerprint }
}

/** Every item in its form, or none of them. */
function listOf<T>(value: unknown, item: (one: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_IDS) return undefined
  const items = value.map(item)
  return items.every((one) => one !== undefined) ? items : undefined
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** No step of it leads anywhere else: it is compared as it is written. */
function pathBelow(value: unknown, asked: readonly string[]): string | undefined {
  if (typeof value !== 'string' || value.length > MOST_PATH || value.includes('\0'))
    return undefined
  if (value.split('/').some((step) => step === '..' || step === '.')) return undefined
  const isBelow = asked.some(
    (path) => value === path || value.startsWith(path.endsWith('/') ? path : `${path}/`),
  )
  return isBelow ? value : undefined
}
