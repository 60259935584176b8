/**
 * Proofs about the tree of a log, for somebody who does not have the log: that a record is in it, and
 * that a longer log goes on from a shorter one. Made as in RFC 6962, sections 2.1.1 and 2.1.2; checked
 * as in RFC 9162, sections 2.1.3.2 and 2.1.4.2. Pure.
 */
import { appendLeaf, isHash, nodeHash, rootOf, type Range } from './merkle.ts'

/** A subtree: leaves `from` to `to`, without `to`. */
interface Part {
  from: number
  to: number
}

/**
 * The path from leaf `index` (from 0) of a tree of `size` leaves up to its root, and that leaf. In flat
 * memory; undefined where there are fewer leaves, or the leaf is one of those before the first.
 *
 * @param start the tree before the first of `leaves`
 */
export function proveInclusion(
  index: number,
  size: number,
  start: Range,
  leaves: Iterable<string>,
): { leaf: string; path: string[] } | undefined {
  const path = rootsOf(
    [{ from: index, to: index + 1 }, ...siblings(index, size)],
    size,
    start,
    leaves,
  )
  const [leaf, ...rest] = path ?? []
  return leaf === undefined || index < start.size ? undefined : { leaf, path: rest }
}

/**
 * That the tree of the first `first` leaves became that of `size` leaves. As `proveInclusion`; undefined
 * also where the first tree ends before `start` does.
 */
export function proveConsistency(
  first: number,
  size: number,
  start: Range,
  leaves: Iterable<string>,
): string[] | undefined {
  return first < start.size ? undefined : rootsOf(changes(first, size), size, start, leaves)
}

/** The root that a path leads to; undefined where it is no path in a tree of that size. */
export function rootOfPath(
  index: number,
  size: number,
  leaf: string,
  path: readonly string[],
): string | undefined {
  if (index >= size || ![leaf, ...path].every(isHash)) return undefined
  let [at, last] = [index, size - 1]
  let root = leaf
  for (const hash of path) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root)
      ;[at, last] = upFromRight(at, last)
    } else {
      root = nodeHash(root, hash)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 ? root : undefined
}

/** True where the proof leads from the one tree to the other. */
export function isConsistent(
  first: { size: number; root: string },
  second: { size: number; root: string },
  proof: readonly string[],
): boolean {
  if (first.size > second.size || !proof.every(isHash)) return false
  if (first.size === second.size) return first.root === second.root && proof.length === 0
  if (first.size === 0) return proof.length === 0
  // A full tree is a part of the longer one itself, and so is not repeated in the proof.
  const full = Number.isInteger(Math.log2(first.size))
  const [begin, ...path] = full ? [first.root, ...proof] : proof
  if (begin === undefined) return false
  let [at, last] = [first.size - 1, second.size - 1]
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  let [before, after] = [begin, begin]
  for (const hash of path) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      before = nodeHash(hash, before)
      after = nodeHash(hash, after)
      ;[at, last] = upFromRight(at, last)
    } else {
      after = nodeHash(after, hash)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return before === first.root && after === second.root && last === 0
}

/** What stands beside the way from a leaf to the root, from below. */
function siblings(index: number, size: number): Part[] {
  const found: Part[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + split(to - from)
    if (index < middle) {
      found.unshift({ from: middle, to })
      to = middle
    } else {
      found.unshift({ from, to: middle })
      from = middle
    }
  }
  return found
}

/** SUBPROOF of RFC 6962, section 2.1.2, as parts. */
function changes(first: number, size: number): Part[] {
  const found: Part[] = []
  let [from, to] = [0, size]
  while (first > from && first < to) {
    const middle = from + split(to - from)
    if (first <= middle) {
      found.unshift({ from: middle, to })
      to = middle
    } else {
      found.unshift({ from, to: middle })
      from = middle
    }
  }
  return from > 0 ? [{ from, to }, ...found] : found
}

/** Roots of parts that do not overlap, while the leaves pass by once. */
function rootsOf(
  parts: readonly Part[],
  size: number,
  start: Range,
  leaves: Iterable<string>,
): string[] | undefined {
  const grown = parts.map(({ from, to }) => ({ from, to, range: known(start, from, to) }))
  let at = start.size
  for (const leaf of leaves) {
    if (at >= size) break
    const part = grown.find(({ from, to }) => from <= at && at < to)
    if (part !== undefined) part.range = appendLeaf(part.range, leaf)
    at += 1
  }
  return at < size ? undefined : grown.map(({ range }) => rootOf(range))
}

/**
 * What a compact range knows of a part. Its subtrees never reach over the end of a part that begins
 * before it, as long as what is proved lies behind it.
 */
function known(start: Range, from: number, to: number): Range {
  const hashes: string[] = []
  let at = 0
  for (const hash of start.hashes) {
    if (at >= from && at < to) hashes.push(hash)
    at += largestPower(start.size - at)
  }
  return { size: Math.max(0, Math.min(to, start.size) - from), hashes }
}

function upFromRight(at: number, last: number): [number, number] {
  let [left, right] = [at, last]
  while (left % 2 === 0 && left > 0) [left, right] = [half(left), half(right)]
  return [left, right]
}

/** The largest power of two that is smaller than `n`. */
function split(n: number): number {
  return largestPower(n - 1)
}

/** Not by shifting: a shift takes a number for 32 bits. */
function largestPower(n: number): number {
  let power = 1
  while (2 * power <= n) power *= 2
  return power
}

function half(n: number): number {
  return Math.floor(n / 2)
}
