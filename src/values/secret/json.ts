/**
 * JSON over bytes, RFC 8259 and nothing beside it. A document that holds secrets is never decoded
 * into strings: reading yields a tree of spans into the bytes, and `textOf` copies out, into memory
 * of its own, the one string that is wanted. Wiping the document's own buffer therefore wipes
 * everything that was not taken.
 *
 * Stricter than `JSON.parse`: no duplicate keys, no escape that makes a lone surrogate (it has no
 * UTF-8), at most 64 levels. A fault says what is wrong and at which byte, and quotes nothing.
 */
import { isUtf8 } from 'node:buffer'
import { wipe } from './bytes.ts'
import { hexAt, isEscapeLetter, textOf, type Span } from './json-text.ts'

export type JsonNode =
  | (Span & { kind: 'object'; members: ReadonlyMap<string, JsonNode> })
  | (Span & { kind: 'array'; items: readonly JsonNode[] })
  | (Span & { kind: 'string' | 'number' | 'true' | 'false' | 'null' })

export type JsonFaultReason =
  | 'not-utf8'
  | 'not-json'
  | 'duplicate-key'
  | 'too-deep'
  | 'lone-surrogate'

export type JsonResult = { root: JsonNode } | { fault: JsonFaultReason; offset: number }

export const MAX_DEPTH = 64
/** The byte order mark, in UTF-8. */
export const BOM: Readonly<Uint8Array> = Uint8Array.of(0xef, 0xbb, 0xbf)

/** Length of the byte order mark that `bytes` begins with: 3 or 0. */
export function bomLength(bytes: Buffer): number {
  return bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0
}

/** Reads one document; a byte order mark before it is skipped. Never throws. */
export function readJson(bytes: Buffer): JsonResult {
  if (!isUtf8(bytes)) return { fault: 'not-utf8', offset: 0 }
  const reader = new Reader(bytes)
  try {
    return { root: reader.document() }
  } catch (error) {
    if (error instanceof Fault) return { fault: error.reason, offset: reader.at }
    throw error
  }
}

class Fault extends Error {
  readonly reason: JsonFaultReason
  constructor(reason: JsonFaultReason) {
    super(reason)
    this.reason = reason
  }
}

class Reader {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.at = bomLength(bytes)
  }

  document(): JsonNode {
    this.#space()
    const root = this.#value(0)
    this.#space()
    if (this.at < this.#bytes.length) throw new Fault('not-json')
    return root
  }

  #value(depth: number): JsonNode {
    const start = this.at
    switch (this.#bytes[start] ?? 0) {
      case 0x7b:
        return this.#object(depth)
      case 0x5b:
        return this.#array(depth)
      case 0x22:
        this.#string()
        return { kind: 'string', start, end: this.at }
      case 0x74:
        return this.#word('true')
      case 0x66:
        return this.#word('false')
      case 0x6e:
        return this.#word('null')
      default:
        return this.#number()
    }
  }

  #object(depth: number): JsonNode {
    if (depth === MAX_DEPTH) throw new Fault('too-deep')
    const start = this.at
    const members = new Map<string, JsonNode>()
    this.at += 1
    this.#space()
    while (!this.#skip(0x7d)) {
      if (members.size > 0) this.#separator()
      const from = this.at
      this.#string()
      const text = textOf(this.#bytes, { start: from, end: this.at })
      const key = text.toString('utf8')
      wipe(text)
      if (members.has(key)) throw new Fault('duplicate-key')
      this.#space()
      this.#expect(0x3a)
      this.#space()
      members.set(key, this.#value(depth + 1))
      this.#space()
    }
    return { kind: 'object', members, start, end: this.at }
  }

  #array(depth: number): JsonNode {
    if (depth === MAX_DEPTH) throw new Fault('too-deep')
    const start = this.at
    const items: JsonNode[] = []
    this.at += 1
    this.#space()
    while (!this.#skip(0x5d)) {
      if (items.length > 0) this.#separator()
      items.push(this.#value(depth + 1))
      this.#space()
    }
    return { kind: 'array', items, start, end: this.at }
  }

  #separator(): void {
    this.#expect(0x2c)
    this.#space()
  }

  #string(): void {
    this.#expect(0x22)
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte === undefined || byte < 0x20) throw new Fault('not-json')
      if (byte === 0x5c) {
        this.#escape()
        continue
      }
      this.at += 1
      if (byte === 0x22) return
    }
  }

  #escape(): void {
    const letter = this.#bytes[this.at + 1]
    if (letter !== 0x75) {
      if (letter === undefined || !isEscapeLetter(letter)) throw new Fault('not-json')
      this.at += 2
      return
    }
    const unit = hexAt(this.#bytes, this.at + 2)
    if (unit < 0) throw new Fault('not-json')
    if (unit >= 0xdc00 && unit <= 0xdfff) throw new Fault('lone-surrogate')
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const escaped = this.#bytes[this.at + 6] === 0x5c && this.#bytes[this.at + 7] === 0x75
      const low = escaped ? hexAt(this.#bytes, this.at + 8) : -1
      if (low < 0xdc00 || low > 0xdfff) throw new Fault('lone-surrogate')
      this.at += 6
    }
    this.at += 6
  }

  #number(): JsonNode {
    const start = this.at
    this.#skip(0x2d)
    if (!this.#skip(0x30)) this.#digits()
    if (this.#skip(0x2e)) this.#digits()
    if (this.#skip(0x65) || this.#skip(0x45)) {
      if (!this.#skip(0x2b)) this.#skip(0x2d)
      this.#digits()
    }
    return { kind: 'number', start, end: this.at }
  }

  /** At least one. */
  #digits(): void {
    const start = this.at
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte === undefined || byte < 0x30 || byte > 0x39) break
      this.at += 1
    }
    if (this.at === start) throw new Fault('not-json')
  }

  #word(kind: 'true' | 'false' | 'null'): JsonNode {
    const start = this.at
    for (const letter of Buffer.from(kind)) this.#expect(letter)
    return { kind, start, end: this.at }
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.at += 1
    }
  }

  #expect(byte: number): void {
    if (!this.#skip(byte)) throw new Fault('not-json')
  }

  #skip(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) return false
    this.at += 1
    return true
  }
}
