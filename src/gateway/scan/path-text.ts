/**
 * A path as text. A name on Linux is bytes and need not be UTF-8: a byte that is none stands as a lone
 * surrogate, U+DC00 and the byte (PEP 383), which no valid text has. So two names are never one text, and
 * what is printed shows it escaped. Pure.
 */

/** What takes the place of bytes that are no UTF-8 where they are simply decoded. */
const REPLACEMENT = '\ufffd'
const ESCAPES = 0xdc00
/** Of one character, in UTF-8. */
const MOST_BYTES = 4

export function pathText(path: Buffer): string {
  const plain = path.toString()
  if (!plain.includes(REPLACEMENT)) return plain
  let text = ''
  for (let at = 0; at < path.length;) {
    const size = sizeAt(path, at)
    text +=
      size === 0
        ? String.fromCharCode(ESCAPES + (path[at] ?? 0))
        : path.toString('utf8', at, at + size)
    at += size || 1
  }
  return text
}

/** The bytes of a path that is given as `pathText` has it. */
export function pathBytes(text: string): Buffer {
  const parts = text.split(/([\udc80-\udcff])/u)
  return Buffer.concat(
    parts.map((part, i) =>
      i % 2 === 1 ? Buffer.from([part.charCodeAt(0) - ESCAPES]) : Buffer.from(part),
    ),
  )
}

/** Bytes of the character there; 0 where they are none. */
function sizeAt(path: Buffer, at: number): number {
  for (let size = 1; size <= MOST_BYTES && at + size <= path.length; size++) {
    const bytes = path.subarray(at, at + size)
    if (Buffer.from(bytes.toString()).equals(bytes)) return size
  }
  return 0
}
