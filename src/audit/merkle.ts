/**
 * The Merkle tree over the records of a log: RFC 6962 section 2.1. A node is SHA-256(0x01 ‖ left ‖ right),
 * a leaf is what `hash.ts` makes of a line. All hashes are lower-case hex. Pure.
 */
import { hash } from 'node:crypto'

/** A compact range: all that has to be kept of a tree in order to go on with it. */
export interface Range {
  /** Leaves. */
  size: number
  /** Roots of the full subtrees, left to right: one for each 1 in the binary form of `size`. */
  hashes: readonly string[]
}

export const EMPTY_RANGE: Range = { size: 0, hashes: [] }

const HASH = /^[0-9a-f]{64}$/
/** 0x01 and two hashes; reused, since nothing here waits. */
const NODE = Buffer.from([1, ...Array.from({ length: 64 }, () => 0)])

export function isHash(text: string): boolean {
  return HASH.test(text)
}

/** Hash of an inner node. */
export function nodeHash(left: string, right: string): string {
  // Of what is no hash, only a part would be written, over what stood there.
  if (NODE.write(left, 1, 32, 'hex') !== 32 || NODE.write(right, 33, 32, 'hex') !== 32) {
    throw new TypeError('not a hash')
  }
  return hash('sha256', NODE)
}

/** The tree with one leaf more. */
export function appendLeaf(range: Range, leaf: string): Range {
  const hashes = [...range.hashes]
  push(hashes, range.size, leaf)
  return { size: range.size + 1, hashes }
}

/** The root of the whole tree; of an empty one, the hash of nothing. */
export function rootOf({ hashes }: Range): string {
  const last = hashes.at(-1)
  if (last === undefined) return hash('sha256', '')
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}

/** True where the range is one that a tree can have; whether it is that of some log is another matter. */
export function rangeFits({ size, hashes }: Range): boolean {
  if (!Number.isSafeInteger(size) || size < 0) return false
  return hashes.length === ones(size) && hashes.every(isHash)
}

/** Full subtrees of equal height become one. */
function push(hashes: string[], size: number, leaf: string): void {
  let right = leaf
  // Not by shifting: a shift takes a number for 32 bits.
  for (let left = size; left % 2 === 1; left = (left - 1) / 2) {
    right = nodeHash(hashes.pop() ?? '', right)
  }
  hashes.push(right)
}

function ones(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}
