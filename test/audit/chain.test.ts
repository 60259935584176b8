import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { EMPTY, link } from '../../src/audit/chain.ts'
import { leafHash } from '../../src/audit/hash.ts'
import { entry } from './home.ts'

describe('leafHash', () => {
  test('is the leaf hash of RFC 6962, whose value for an empty leaf is published', () => {
    const empty = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
    expect(leafHash('')).toBe(empty)
    expect(leafHash(Buffer.alloc(0))).toBe(empty)
  })

  test('is the same for a text and for its bytes', () => {
    expect(leafHash('支付 😀')).toBe(leafHash(Buffer.from('支付 😀')))
  })
})

describe('link', () => {
  test('numbers from 1 and names the hash of each line before', () => {
    const { records, bytes, head } = link(
      [entry(), entry(), entry()],
      EMPTY,
      '2026-01-01T00:00:00Z',
    )
    const lines = bytes.toString().split('\n')
    expect(lines.pop()).toBe('')
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(records.map(({ prev }) => prev)).toEqual([
      '0'.repeat(64),
      ...lines.slice(0, 2).map((line) => createHash('sha256').update(`\0${line}`).digest('hex')),
    ])
    expect(head).toMatchObject({ seq: 3, hash: leafHash(lines[2] ?? ''), size: bytes.length })
  })

  test('goes on where it left off, so that batches make no difference', () => {
    const time = '2026-01-01T00:00:00Z'
    const first = link([entry({ count: 1 })], EMPTY, time)
    const second = link([entry({ count: 2 })], first.head, time)
    const both = link([entry({ count: 1 }), entry({ count: 2 })], EMPTY, time)
    expect(Buffer.concat([first.bytes, second.bytes])).toEqual(both.bytes)
    expect(second.head).toEqual(both.head)
  })
})
