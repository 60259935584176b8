/**
 * Exact values that are known by fingerprint. Whatever in a text could be one is fingerprinted and looked
 * up: what stands between quotes, behind a sign of assignment, and every run of characters without a
 * space. Shorter than eight characters, or over several lines, a value is not found this way.
 */
import type { TextFingerprint } from './fingerprints.ts'
import type { Span } from './span.ts'

/** Where no backslash is before it: from every quote of `\"\"\"…` on, there would be as much to read. */
const QUOTED = /(?<!\\)"((?:[^"\\\n]|\\.){8,8192})"|'([^'\n]{8,8192})'/g
/** A line of an `.env`, whose value may have spaces. */
const ASSIGNED = /^[ \t]*(?:export )?[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*([^\s"'][^\n]{7,8191})/gm
const RUN = /[^\s"'`]{8,8192}/g
/** In a run: what stands between the signs that separate values in a list, an address or a call. */
const PIECE = /[^=:,;&?@|<>(){}[\]\\]{8,}/g
const SEPARATOR = /[=:,;&?@|<>(){}[\]\\]/
const SHORTEST = 8
/** Without a digit, a shorter run is a word or a name in a program, of which text is full. */
const WORD = 20

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
    let whole = true
    eachCandidate(text, (value, start, length) => {
      if (this.#other.has(value)) return
      if (this.#left === 0) {
        whole = false
        return
      }
      this.#left -= 1
      const known = this.#known.get(this.#fingerprint(value))
      if (known !== undefined) {
        spans.push({ start, end: start + length, by: 'known', ids: [], known })
        return
      }
      if (this.#other.size === REMEMBERED) this.#other.clear()
      // A slice of a text would keep the whole text.
      this.#other.add(Buffer.from(value, 'latin1').toString('latin1'))
    })
    return { spans, whole }
  }
}

/** @param length in the text, where escapes may make a value longer than it is */
type Look = (value: string, start: number, length: number) => void

function eachCandidate(text: string, look: Look): void {
  for (let match = first(QUOTED, text); match !== null; match = QUOTED.exec(text)) {
    const { index, 1: double, 2: single } = match
    const value = double ?? single ?? ''
    look(value, index + 1, value.length)
    const plain = double?.includes('\\') ? unescaped(double) : undefined
    if (plain !== undefined) look(plain, index + 1, value.length)
  }
  for (let match = first(ASSIGNED, text); match !== null; match = ASSIGNED.exec(text)) {
    const { index, 0: whole, 1: rest = '' } = match
    const value = rest.trimEnd()
    look(value, index + whole.length - rest.length, value.length)
  }
  for (let match = first(RUN, text); match !== null; match = RUN.exec(text)) {
    const { index, 0: run } = match
    if (run.length >= WORD || /\d/.test(run)) inRun(run, index, look)
  }
}

function inRun(run: string, start: number, look: Look): void {
  look(run, start, run.length)
  if (!SEPARATOR.test(run)) return
  const assigned = run.search(/[=:]/) + 1
  if (assigned > 0 && run.length - assigned >= SHORTEST) {
    look(run.slice(assigned), start + assigned, run.length - assigned)
  }
  const bare = run.replace(/[,;)\]}]+$/, '')
  if (bare.length !== run.length && bare.length >= SHORTEST) look(bare, start, bare.length)
  for (let match = first(PIECE, run); match !== null; match = PIECE.exec(run)) {
    const { index, 0: piece } = match
    if (piece.length >= WORD || /\d/.test(piece)) look(piece, start + index, piece.length)
  }
}

function first(pattern: RegExp, text: string): RegExpExecArray | null {
  pattern.lastIndex = 0
  return pattern.exec(text)
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
