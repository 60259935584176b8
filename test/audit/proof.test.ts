import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendLeaf, EMPTY_RANGE, rootOf, type Range } from '../../src/audit/merkle.ts'
import {
  isConsistent,
  proveConsistency,
  proveInclusion,
  rootOfPath,
} from '../../src/audit/proof.ts'
import { leavesOf, plainPath, plainProof, plainRoot } from './plain-tree.ts'

const SIZES = 70
const leaves = leavesOf(SIZES)
const roots = Array.from({ length: SIZES + 1 }, (_, size) => plainRoot(leaves.slice(0, size)))

function rangeOf(size: number): Range {
  return leaves.slice(0, size).reduce(appendLeaf, EMPTY_RANGE)
}

function root(size: number): { size: number; root: string } {
  return { size, root: roots[size] ?? '' }
}

describe('inclusion', () => {
  test('every leaf of every tree of 1 to 70: the path of the definition, and it leads to the root', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, EMPTY_RANGE, leaves)
        expect(proof).toEqual({
          leaf: leaves[index],
          path: plainPath(index, leaves.slice(0, size)),
        })
        const path = proof?.path ?? []
        expect(rootOfPath(index, size, leaves[index] ?? '', path)).toBe(roots[size])
      }
    }
  })

  test('made from any point of the log on, where the records before it are gone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: SIZES }),
        fc.nat({ max: SIZES }),
        fc.nat({ max: SIZES }),
        (size, from, at) => {
          const index = at % size
          const start = from % (index + 1)
          const proof = proveInclusion(index, size, rangeOf(start), leaves.slice(start))
          expect(proof?.path).toEqual(plainPath(index, leaves.slice(0, size)))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('there is none of what is not there', () => {
    expect(proveInclusion(3, 8, EMPTY_RANGE, leaves.slice(0, 7))).toBeUndefined()
    expect(proveInclusion(3, 8, rangeOf(4), leaves.slice(4))).toBeUndefined()
  })

  test('another place, size, leaf or path leads elsewhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: SIZES }),
        fc.nat({ max: SIZES }),
        fc.nat({ max: 1000 }),
        fc.constantFrom('bit', 'drop', 'add', 'swap', 'leaf', 'index', 'size'),
        (size, place, at, what) => {
          const index = place % size
          const leaf = leaves[index] ?? ''
          const path = plainPath(index, leaves.slice(0, size))
          const one = at % Math.max(1, path.length)
          fc.pre(path.length > 0 || !['bit', 'drop', 'swap'].includes(what))
          fc.pre(path.length > 1 || what !== 'swap')
          const tampered = {
            bit: () => rootOfPath(index, size, leaf, path.with(one, flipped(path[one], at))),
            drop: () => rootOfPath(index, size, leaf, path.toSpliced(one, 1)),
            add: () => rootOfPath(index, size, leaf, path.toSpliced(one, 0, leaf)),
            swap: () => rootOfPath(index, size, leaf, [...path.slice(1), path[0] ?? '']),
            leaf: () => rootOfPath(index, size, flipped(leaf, at), path),
            index: () => rootOfPath((index + 1 + at) % (size + 1), size, leaf, path),
            size: () => rootOfPath(index, 2 * size + 1, leaf, path),
          }
          fc.pre(what !== 'index' || (index + 1 + at) % (size + 1) !== index)
          expect(tampered[what]()).not.toBe(roots[size])
        },
      ),
      { numRuns: 3000 },
    )
  })

  test.each([
    [1, 1, []],
    [0, 0, []],
    [0, 2, []],
    [0, 1, ['ab'.repeat(32)]],
    [0, 2, ['ab']],
    [0, 2, ['zz'.repeat(32)]],
  ])('is no path: leaf %d of %d with %j', (index, size, path) => {
    expect(rootOfPath(index, size, leaves[0] ?? '', path)).toBeUndefined()
  })
})

describe('consistency', () => {
  test('every two trees of 1 to 70: the proof of the definition, and it holds', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let first = 1; first <= size; first++) {
        const proof = proveConsistency(first, size, EMPTY_RANGE, leaves)
        expect(proof).toEqual(plainProof(first, leaves.slice(0, size)))
        expect(isConsistent(root(first), root(size), proof ?? [])).toBe(true)
      }
    }
  })

  test('made from any point before the first tree ends', () => {
    for (let start = 0; start <= 13; start++) {
      expect(proveConsistency(13, 37, rangeOf(start), leaves.slice(start))).toEqual(
        plainProof(13, leaves.slice(0, 37)),
      )
    }
    expect(proveConsistency(13, 37, rangeOf(14), leaves.slice(14))).toBeUndefined()
  })

  test('every tree goes on from the empty one, and none from a longer one', () => {
    expect(isConsistent(root(0), root(9), [])).toBe(true)
    expect(isConsistent(root(9), root(8), [])).toBe(false)
    expect(isConsistent(root(5), root(5), [])).toBe(true)
    expect(isConsistent(root(5), { ...root(5), root: roots[4] ?? '' }, [])).toBe(false)
  })

  test('a tree that was rewritten is not what the proof leads to', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: SIZES - 1 }),
        fc.integer({ min: 1, max: SIZES }),
        fc.nat({ max: 1000 }),
        fc.constantFrom('bit', 'drop', 'add', 'first', 'second'),
        (first, more, at, what) => {
          const size = Math.min(SIZES, first + more)
          const proof = plainProof(first, leaves.slice(0, size))
          const one = at % proof.length
          const bad = {
            bit: () =>
              isConsistent(root(first), root(size), proof.with(one, flipped(proof[one], at))),
            drop: () => isConsistent(root(first), root(size), proof.toSpliced(one, 1)),
            add: () => isConsistent(root(first), root(size), [...proof, proof[0] ?? '']),
            first: () =>
              isConsistent({ size: first, root: flipped(roots[first], at) }, root(size), proof),
            second: () =>
              isConsistent(root(first), { size, root: flipped(roots[size], at) }, proof),
          }
          expect(bad[what]()).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('the roots are those that the log itself would sign', () => {
    expect(rootOf(rangeOf(37))).toBe(roots[37])
  })
})

/** The same hash with one bit turned. */
function flipped(hash: string | undefined, at: number): string {
  const bytes = Buffer.from(hash ?? '', 'hex')
  const place = at % bytes.length
  bytes[place] = (bytes[place] ?? 0) ^ (1 << (at % 8))
  return bytes.toString('hex')
}
