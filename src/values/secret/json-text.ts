/** The strings of a JSON document, as bytes: out of their quotes and into them. */
import { allocate, copy, wipe } from './bytes.ts'

export interface Span {
  start: number
  /** The first byte after it. */
  end: number
}

/** The text of a string node, unescaped, in own memory that the caller wipes. */
export function textOf(bytes: Buffer, node: Span): Buffer {
  const body = bytes.subarray(node.start + 1, node.end - 1)
  if (!body.includes(0x5c)) return copy(body)
  const roomy = allocate(body.length)
  const text = copy(roomy.subarray(0, unescape(body, roomy)))
  wipe(roomy)
  return text
}

/** The string `bytes` (which must be UTF-8) as JSON, quotes included, in own memory. */
export function quote(bytes: Buffer): Buffer {
  let size = 2
  for (const byte of bytes) size += escapeOf(byte)?.length ?? 1
  const quoted = allocate(size)
  let at = quoted.write('"', 0, 'latin1')
  for (const byte of bytes) {
    const escape = escapeOf(byte)
    at =
      escape === undefined ? quoted.writeUInt8(byte, at) : at + quoted.write(escape, at, 'latin1')
  }
  quoted.write('"', at, 'latin1')
  return quoted
}

const SHORT_ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
])

function escapeOf(byte: number): string | undefined {
  const short = SHORT_ESCAPES.get(byte)
  if (short !== undefined) return short
  return byte < 0x20 ? `\\u00${byte.toString(16).padStart(2, '0')}` : undefined
}

/** What stands for a byte after a backslash, `u` excepted. */
const UNESCAPED = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

/** Whether `letter` may follow a backslash, `u` excepted. */
export function isEscapeLetter(letter: number): boolean {
  return UNESCAPED.has(letter)
}

/** `body` was checked by the reader. Returns how many bytes of `into` were written. */
function unescape(body: Buffer, into: Buffer): number {
  let length = 0
  for (let at = 0; at < body.length;) {
    const byte = body.readUInt8(at)
    if (byte !== 0x5c) {
      into[length++] = byte
      at += 1
      continue
    }
    const letter = body.readUInt8(at + 1)
    if (letter !== 0x75) {
      into[length++] = UNESCAPED.get(letter) ?? letter
      at += 2
      continue
    }
    let point = hexAt(body, at + 2)
    at += 6
    if (point >= 0xd800 && point <= 0xdbff) {
      point = 0x10000 + ((point - 0xd800) << 10) + (hexAt(body, at + 2) - 0xdc00)
      at += 6
    }
    length += writePoint(point, into, length)
  }
  return length
}

/** UTF-8 of one code point, byte by byte: no string is made. */
function writePoint(point: number, into: Buffer, at: number): number {
  if (point < 0x80) {
    into[at] = point
    return 1
  }
  if (point < 0x800) {
    into[at] = 0xc0 | (point >> 6)
    into[at + 1] = 0x80 | (point & 0x3f)
    return 2
  }
  if (point < 0x10000) {
    into[at] = 0xe0 | (point >> 12)
    into[at + 1] = 0x80 | ((point >> 6) & 0x3f)
    into[at + 2] = 0x80 | (point & 0x3f)
    return 3
  }
  into[at] = 0xf0 | (point >> 18)
  into[at + 1] = 0x80 | ((point >> 12) & 0x3f)
  into[at + 2] = 0x80 | ((point >> 6) & 0x3f)
  into[at + 3] = 0x80 | (point & 0x3f)
  return 4
}

/** Four hexadecimal digits as a number; -1 where they are not. */
export function hexAt(bytes: Buffer, at: number): number {
  let number = 0
  for (let index = at; index < at + 4; index++) {
    const digit = hexDigit(bytes[index])
    if (digit < 0) return -1
    number = number * 16 + digit
  }
  return number
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
