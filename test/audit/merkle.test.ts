import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { leafHash, originOf } from '../../src/audit/hash.ts'
import {
  appendLeaf,
  EMPTY_RANGE,
  nodeHash,
  rangeFits,
  rootOf,
  type Range,
} from '../../src/audit/merkle.ts'
import { leavesOf, plainRoot } from './plain-tree.ts'

function rangeOf(leaves: readonly string[]): Range {
  return leaves.reduce(appendLeaf, EMPTY_RANGE)
}

describe('known answers', () => {
  // The leaves and roots that certificate-transparency's own tests use (merkletree/merkle_tree_test.cc).
  const INPUTS = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => leafHash(Buffer.from(hex, 'hex')))
  const ROOTS = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]

  test.each(ROOTS.map((root, size) => [size, root] as const))(
    'the root of %d leaves',
    (size, root) => {
      expect(rootOf(rangeOf(INPUTS.slice(0, size)))).toBe(root)
    },
  )
})

describe('a compact range', () => {
  test('has the root that the definition gives, at every size', () => {
    const leaves = leavesOf(70)
    let range = EMPTY_RANGE
    for (const [index, leaf] of leaves.entries()) {
      range = appendLeaf(range, leaf)
      expect(range.size).toBe(index + 1)
      expect(rangeFits(range)).toBe(true)
      expect(rootOf(range)).toBe(plainRoot(leaves.slice(0, index + 1)))
    }
  })

  test('can be put down and taken up anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (one, more) => {
        const leaves = leavesOf(one + more)
        const kept: Range = JSON.parse(JSON.stringify(rangeOf(leaves.slice(0, one))))
        expect(leaves.slice(one).reduce(appendLeaf, kept)).toEqual(rangeOf(leaves))
      }),
      { numRuns: 200 },
    )
  })

  test('is not changed by going on', () => {
    const range = Object.freeze({
      ...rangeOf(leavesOf(3)),
      hashes: Object.freeze(rangeOf(leavesOf(3)).hashes),
    })
    expect(appendLeaf(range, leavesOf(4)[3] ?? '').size).toBe(4)
    expect(range.size).toBe(3)
  })

  test('fits only with as many hashes as its size has ones, each of them a hash', () => {
    const { hashes } = rangeOf(leavesOf(7))
    expect(rangeFits({ size: 7, hashes })).toBe(true)
    expect(rangeFits({ size: 6, hashes })).toBe(false)
    expect(rangeFits({ size: 7, hashes: hashes.slice(1) })).toBe(false)
    expect(rangeFits({ size: 7.5, hashes })).toBe(false)
    expect(rangeFits({ size: -1, hashes: [] })).toBe(false)
    expect(rangeFits({ size: 0, hashes: [] })).toBe(true)
    expect(rangeFits({ size: 0, hashes: [''] })).toBe(false)
    for (const no of ['', 'x'.repeat(64), 'AB'.repeat(32), 'ab'.repeat(31), 'ab'.repeat(33)]) {
      expect(rangeFits({ size: 7, hashes: hashes.with(1, no) }), no).toBe(false)
    }
  })

  test('counts beyond what a shift can', () => {
    const size = 2 ** 40 - 1
    const hashes = Array.from({ length: 40 }, () => leafHash('x'))
    const next = appendLeaf({ size, hashes }, leafHash('y'))
    expect(next.size).toBe(2 ** 40)
    expect(rangeFits(next)).toBe(true)
  })
})

describe('hashes', () => {
  test('a node is never a leaf of the same bytes', () => {
    const [left = '', right = ''] = leavesOf(2)
    const bytes = Buffer.from(left + right, 'hex')
    expect(nodeHash(left, right)).toBe(
      createHash('sha256')
        .update(Buffer.from([1]))
        .update(bytes)
        .digest('hex'),
    )
    expect(nodeHash(left, right)).not.toBe(leafHash(bytes))
  })

  test('what is no hash is refused, and leaves nothing of what was there before', () => {
    const [left = '', right = ''] = leavesOf(2)
    for (const no of ['', 'ab', left.slice(2), 'zz'.repeat(32)]) {
      expect(() => nodeHash(left, no)).toThrow(TypeError)
      expect(() => nodeHash(no, right)).toThrow(TypeError)
    }
  })

  test('the origin is made of the first record', () => {
    expect(originOf('0123456789abcdef'.repeat(4))).toBe('secretref/0123456789abcdef')
  })
})
