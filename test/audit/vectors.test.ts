/**
 * The test vectors of docs/audit-format.md, in test/fixtures/audit/. They are made here, by a key that is
 * made of words and worth nothing; what differs from the files is drift. To make them anew:
 * `vitest run test/audit/vectors.test.ts --update`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leafHash } from '../../src/audit/hash.ts'
import { EMPTY_RANGE, rootOf } from '../../src/audit/merkle.ts'
import { proveConsistency, proveInclusion } from '../../src/audit/proof.ts'
import { logProve } from '../../src/cli/log-prove.ts'
import { logVerify } from '../../src/cli/log-verify.ts'
import { logVerifyProof } from '../../src/cli/log-verify-proof.ts'
import { recorded } from '../cli/recorded.ts'
import { tempHome } from './home.ts'
import { filesOf, place, signedLog, write } from './signed-log.ts'

const VECTORS = join(import.meta.dirname, '..', 'fixtures', 'audit')
const SIGNED = [5, 10, 13]
const log = signedLog({ records: 13, segments: [8] })
const leaves = log.lines.map((line) => leafHash(line.slice(0, -1)))

const numbers = {
  key: log.vkey,
  origin: log.origin,
  /** Of record 1, 2, 3… */
  leaves,
  /** Of the first 0, 1, 2… records. */
  roots: log.ranges.map(rootOf),
  inclusion: [
    [0, 1],
    [5, 13],
    [12, 13],
    [7, 8],
  ].map(([index = 0, size = 0]) => ({
    index,
    size,
    path: proveInclusion(index, size, EMPTY_RANGE, leaves)?.path,
  })),
  consistency: [
    [1, 13],
    [4, 8],
    [5, 10],
    [10, 13],
  ].map(([first = 0, second = 0]) => ({
    first,
    second,
    path: proveConsistency(first, second, EMPTY_RANGE, leaves),
  })),
}

function vector(name: string): string {
  return join(VECTORS, name)
}

describe('the files are what is made today', () => {
  test('the log, in two segments, and its checkpoints', async () => {
    for (const [path, text] of filesOf(log, tempHome())) {
      await expect(text).toMatchFileSnapshot(vector(basename(path)))
    }
    const notes = SIGNED.map((size) => log.note(size))
    await expect(notes.join('')).toMatchFileSnapshot(vector('audit.checkpoints'))
    await expect(notes.at(-1)).toMatchFileSnapshot(vector('audit.checkpoint'))
  })

  test('key, hashes, proofs', async () => {
    const text = `${JSON.stringify(numbers, undefined, 2)}\n`
    await expect(text).toMatchFileSnapshot(vector('numbers.json'))
  })

  test('a proof of record 6', async () => {
    const io = recorded()
    place(log, io.home, SIGNED)
    await logProve(io, 6)
    await expect(io.stdout).toMatchFileSnapshot(vector('record-6.tlog-proof'))
  })

  test('nothing else lies there', () => {
    expect(readdirSync(VECTORS).toSorted()).toEqual([
      'audit.000000000001.log',
      'audit.checkpoint',
      'audit.checkpoints',
      'audit.log',
      'numbers.json',
      'record-6.tlog-proof',
    ])
  })
})

describe('and what they are said to be', () => {
  test('a log that verifies with its key, without a word of doubt but for the missing lock file', async () => {
    const io = recorded()
    place(log, io.home)
    for (const name of readdirSync(VECTORS)) {
      write(join(io.home.dir, name), readFileSync(vector(name)))
    }
    expect(await logVerify(io, { key: log.vkey, json: true })).toBe(0)
    expect(JSON.parse(io.stdout)).toMatchObject({
      ok: true,
      records: 13,
      tree: { origin: log.origin, root: numbers.roots[13] },
      checkpoints: { signed: 13, agreed: 3 },
      notes: [{ kind: 'no-head' }],
    })
  })

  test('a proof that holds', async () => {
    const io = recorded()
    expect(await logVerifyProof(io, vector('record-6.tlog-proof'), { key: log.vkey })).toBe(0)
    expect(io.stdout).toMatch(/^ok: record 6 /)
  })
})
