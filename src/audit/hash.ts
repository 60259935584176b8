/**
 * The one hash of chain and tree: RFC 6962 section 2.1, SHA-256(0x00 ‖ leaf). The byte in front keeps a
 * leaf from ever being taken for an inner node of the tree.
 */
import { hash } from 'node:crypto'

/** What the first record names as `prev`: there is no line before it. */
export const NO_PREV = '0'.repeat(64)

/** The leaf hash of one line without its newline, lower-case hex. */
export function leafHash(line: string | Uint8Array): string {
  if (typeof line === 'string') return hash('sha256', `\0${line}`)
  const leaf = Buffer.allocUnsafe(line.length + 1)
  leaf[0] = 0
  leaf.set(line, 1)
  return hash('sha256', leaf)
}

/** The name of a log, made of its first record: a log that begins anew is another one. */
export function originOf(firstLeaf: string): string {
  return `secretref/${firstLeaf.slice(0, 16)}`
}
