/** The tree as RFC 6962 section 2.1 defines it, written without a thought for memory or speed. */
import { createHash } from 'node:crypto'

export function leavesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    createHash('sha256')
      .update(Buffer.from([0]))
      .update(`leaf ${i}`)
      .digest('hex'),
  )
}

export function plainRoot(leaves: readonly string[]): string {
  const [only] = leaves
  if (only === undefined) return createHash('sha256').digest('hex')
  if (leaves.length === 1) return only
  const k = split(leaves.length)
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(Buffer.from(plainRoot(leaves.slice(0, k)), 'hex'))
    .update(Buffer.from(plainRoot(leaves.slice(k)), 'hex'))
    .digest('hex')
}

/** PATH(m, D[n]) of section 2.1.1. */
export function plainPath(index: number, leaves: readonly string[]): string[] {
  if (leaves.length <= 1) return []
  const k = split(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return index < k
    ? [...plainPath(index, left), plainRoot(right)]
    : [...plainPath(index - k, right), plainRoot(left)]
}

/** SUBPROOF(m, D[n], whole) of section 2.1.2. */
export function plainProof(first: number, leaves: readonly string[], whole = true): string[] {
  if (first === leaves.length) return whole ? [] : [plainRoot(leaves)]
  const k = split(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return first <= k
    ? [...plainProof(first, left, whole), plainRoot(right)]
    : [...plainProof(first - k, right, false), plainRoot(left)]
}

/** The largest power of two below `n`. */
function split(n: number): number {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}
