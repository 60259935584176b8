/**
 * Exact values that are known by fingerprint. Whatever in a text could be one is fingerprinted and looked
 * up: what stands between quotes, behind a sign of assignment, and every run of characters without a
 * space. Shorter than eight characters, or over several lines, a value is not found this way.
 */
import type { TextFingerprint } from './fingerprints.ts'
import type { Span } from './span.ts'

const QUOTED = /"((?:[^"\\\n]|\\.){8,8192})"|'([^'\n]{8,8192})'/g
const ASSIGNED = /[=:][ \t]{0,8}([^\s=:][^\n]{7,8191})/g
const RUN = /[^\s"'`]{8,8192}/g
/** Inside a run: pieces between what separates values, in a list, an address or a call. */
const PIECE = /[^=:,;&?@|<>(){}[\]\\]{8,}/g
const SHORTEST = 8

/** Texts that were looked up and are none; forgotten when there are too many. */
const REMEMBERED = 500_000

export class KnownValues {
  readonly #fingerprint: TextFingerprint
  readonly #known: ReadonlyMap<string, readonly number[]>
  readonly #other = new Set<string>()
  #left: number

  /** @param most how many texts are fingerprinted in all; @param known fingerprints */
  constructor(fingerprint: TextFingerprint, known: readonly string[], most: number) {
    this.#fingerprint = fingerprint
    const places = new Map<string, number[]>()
    known.forEach((one, i) => places.set(one, [...(places.get(one) ?? []), i]))
    this.#known = places
    this.#left = most
  }

  /** @returns `whole`: false where not every text could be looked up any more */
  spans(text: string): { spans: Span[]; whole: boolean } {
    const spans: Span[] = []
    if (this.#known.size === 0) return { spans, whole: true }
    for (const { start, value, length } of candidates(text)) {
      if (this.#other.has(value)) continue
      if (this.#left === 0) return { spans, whole: false }
      this.#left -= 1
      const known = this.#known.get(this.#fingerprint(value))
      if (known !== undefined) {
        spans.push({ start, end: start + length, by: 'known', ids: [], known })
        continue
      }
      if (this.#other.size === REMEMBERED) this.#other.clear()
      // A slice of a text would keep the whole text.
      this.#other.add(Buffer.from(value, 'latin1').toString('latin1'))
    }
    return { spans, whole: true }
  }
}

interface Candidate {
  start: number
  /** In the text, where escapes may make it longer. */
  length: number
  value: string
}

function* candidates(text: string): Generator<Candidate> {
  for (const { index, 1: double, 2: single } of text.matchAll(QUOTED)) {
    const value = double ?? single ?? ''
    yield { start: index + 1, length: value.length, value }
    const plain = double?.includes('\\') ? unescaped(double) : undefined
    if (plain !== undefined) yield { start: index + 1, length: value.length, value: plain }
  }
  for (const { index, 0: whole, 1: rest = '' } of text.matchAll(ASSIGNED)) {
    // Runs are looked at below; this is for values with spaces.
    if (!/\s/.test(rest)) continue
    const value = rest.trimEnd()
    yield { start: index + whole.length - rest.length, length: value.length, value }
  }
  for (const { index, 0: run } of text.matchAll(RUN)) {
    yield { start: index, length: run.length, value: run }
    const assigned = run.search(/[=:]/)
    if (assigned === -1 && !/[,;&?@|<>(){}[\]\\]/.test(run)) continue
    if (assigned !== -1 && run.length - assigned - 1 >= SHORTEST) {
      const value = run.slice(assigned + 1)
      yield { start: index + assigned + 1, length: value.length, value }
    }
    const bare = run.replace(/[,;)\]}]+$/, '')
    if (bare.length !== run.length && bare.length >= SHORTEST) {
      yield { start: index, length: bare.length, value: bare }
    }
    for (const { index: at, 0: piece } of run.matchAll(PIECE)) {
      yield { start: index + at, length: piece.length, value: piece }
    }
  }
}

/** A JSON string without its escapes, as bytes; `undefined` where it is none. */
function unescaped(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${Buffer.from(text, 'latin1').toString('utf8')}"`)
    return typeof value === 'string' ? Buffer.from(value).toString('latin1') : undefined
  } catch {
    return undefined
  }
}
