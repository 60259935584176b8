import * as fc from 'fast-check'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EMPTY, link, type Tip } from '../../src/audit/chain.ts'
import { leafHash, originOf } from '../../src/audit/hash.ts'
import { rootOf } from '../../src/audit/merkle.ts'
import { readLines } from '../../src/audit/read.ts'
import type { AuditRecord } from '../../src/audit/record.ts'
import { verifyChain, type Verdict } from '../../src/audit/verify.ts'
import { entry, tempHome } from './home.ts'

const TIME = '2026-11-24T08:00:00.000Z'
const NONE = {
  signed: 0,
  agreed: 0,
  elsewhere: 0,
  foreign: 0,
  strange: 0,
  skipped: 0,
  disputed: [],
}

function lines(count: number): { lines: string[]; head: Tip } {
  const entries = Array.from({ length: count }, (_, i) =>
    entry({ count: i + 1, reason: 'r\u202e支付😀' }),
  )
  const { bytes, head } = link(entries, EMPTY, TIME)
  return { lines: bytes.toString().split(/(?<=\n)/), head }
}

/** Writes the content as a log and verifies it. */
function verifier(): (content: string | Buffer, head?: Tip) => Verdict {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  return (content, head) => {
    writeFileSync(home.auditLog, content, { mode: 0o600 })
    return verifyChain(readLines(home.auditLog), head)
  }
}

describe('verifyChain', () => {
  test('a whole log', () => {
    const log = lines(5)
    expect(verifier()(log.lines.join(''), log.head)).toEqual({
      first: 1,
      records: 5,
      tree: {
        origin: originOf(leafHash(log.lines[0]?.trimEnd() ?? '')),
        root: rootOf(log.head.range),
      },
      checkpoints: NONE,
      last: { seq: 5, hash: log.head.hash, time: TIME },
      acknowledged: 5,
      torn: 0,
      timeGoesBack: [],
      marks: [],
    })
  })

  test('what the log says of itself is told; its very first record is no mark', () => {
    const { actor } = entry()
    const log = link(
      [
        { event: 'log.opened', actor },
        { event: 'log.opened', actor, detail: { head: 'unknown' } },
        { event: 'log.recovered', actor, detail: { bytes: 7 } },
        entry(),
        { event: 'log.opened', actor, detail: { head: 'unknown' } },
      ],
      EMPTY,
      TIME,
    )
    expect(verifier()(log.bytes, log.head).marks).toMatchObject([
      { seq: 2, event: 'log.opened' },
      { seq: 3, event: 'log.recovered', detail: { bytes: 7 } },
      { seq: 5, event: 'log.opened' },
    ])
    const anew = link([{ event: 'log.archived', actor, detail: { file: 'f' } }], EMPTY, TIME)
    expect(verifier()(anew.bytes, anew.head).marks).toMatchObject([
      { seq: 1, event: 'log.archived', detail: { file: 'f' } },
    ])
  })

  test('of what the log says of itself ten are kept, and of each only what is told', () => {
    const { actor } = entry()
    const long = 'x'.repeat(400_000)
    const hostile = Array.from({ length: 30 }, (_, i) => ({
      event: i === 25 ? ('log.opened' as const) : ('log.recovered' as const),
      actor,
      detail: { bytes: i, file: long, note: long },
    }))
    const log = link([{ event: 'log.opened', actor }, ...hostile], EMPTY, TIME)
    const verdict = verifier()(log.bytes, log.head)
    expect(verdict).toMatchObject({ records: 31, moreMarks: 20, lockMade: 27 })
    expect(verdict.marks).toHaveLength(10)
    expect(JSON.stringify(verdict).length).toBeLessThan(5000)
  })

  test('a line that is no UTF-8 is no record, though its hash is the one that is named', () => {
    const log = lines(2)
    const [first = '', second = ''] = log.lines
    const bytes = Buffer.from(second.replace('tester', 'te?ter'))
    bytes[bytes.indexOf('te?ter') + 2] = 0xff
    const verdict = verifier()(Buffer.concat([Buffer.from(first), bytes]))
    expect(verdict.bad).toEqual({ seq: 2, damage: 'not-a-record' })
  })

  test('no log at all, and none acknowledged', () => {
    expect(verifyChain([], undefined)).toEqual({
      first: 1,
      records: 0,
      checkpoints: NONE,
      torn: 0,
      timeGoesBack: [],
      marks: [],
    })
  })

  test('a log that is gone: the first record is missing', () => {
    expect(verifyChain([], lines(3).head).bad).toEqual({ seq: 1, damage: 'missing' })
  })

  test('bytes behind the last newline are told, and are no damage', () => {
    const log = lines(2)
    const verdict = verifier()(`${log.lines.join('')}{"v":1,`, log.head)
    expect(verdict).toMatchObject({ records: 2, torn: 7 })
    expect(verdict.bad).toBeUndefined()
  })

  test('more behind the last newline than a record can be is damage', () => {
    const log = lines(2)
    const content = `${log.lines.join('')}${'x'.repeat(3_000_000)}`
    expect(verifier()(content, log.head).bad).toEqual({ seq: 3, damage: 'not-a-record' })
  })

  test('records behind the acknowledged head are fine: it may lag', () => {
    const log = lines(4)
    const { head } = lines(2)
    expect(verifier()(log.lines.join(''), head)).toMatchObject({ records: 4, acknowledged: 2 })
  })

  test('a clock that was set back is told, and is no damage', () => {
    const first = link([entry()], EMPTY, '2026-11-24T08:00:00.000Z')
    const second = link([entry()], first.head, '2026-11-24T07:00:00.000Z')
    const third = link([entry()], second.head, '2026-11-24T08:00:00.000Z')
    const content = Buffer.concat([first.bytes, second.bytes, third.bytes])
    const verdict = verifier()(content, third.head)
    expect(verdict).toMatchObject({ records: 3, timeGoesBack: [2] })
    expect(verdict.bad).toBeUndefined()
  })

  test('a chain computed anew from a changed record on is found by the head', () => {
    const { head } = lines(6)
    const begin = link([entry({ count: 1 })], EMPTY, TIME)
    const forged = link(
      Array.from({ length: 7 }, () => entry({ agent: 'somebody-else' })),
      begin.head,
      TIME,
    )
    const content = Buffer.concat([begin.bytes, forged.bytes])
    expect(verifier()(content, head).bad).toEqual({ seq: 6, damage: 'changed' })
    // Without the head nobody can tell: that is what it is for.
    expect(verifier()(content).bad).toBeUndefined()
  })

  test('without a head, which of the last two lines was changed stays open', () => {
    const log = lines(3)
    const content = log.lines.join('').replace('"count":2', '"count":7')
    expect(verifier()(content).bad).toEqual({ seq: 2, damage: 'changed' })
  })
})

describe('property: what was done to one line is found there', () => {
  const COUNT = 6
  const whole = lines(COUNT)
  const place = fc.integer({ min: 1, max: COUNT })

  test('any byte changed', () => {
    const verify = verifier()
    const bytes = Buffer.from(whole.lines.join(''))
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const edited = Buffer.from(bytes)
          edited[at] = (edited[at] ?? 0) ^ flip
          const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1
          expect(bad(verify(edited, whole.head))).toBe(line)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a line dropped', () => {
    const verify = verifier()
    fc.assert(
      fc.property(place, (at) => {
        expect(bad(verify(whole.lines.toSpliced(at - 1, 1).join(''), whole.head))).toBe(at)
      }),
    )
  })

  test('the end cut off, at any byte', () => {
    const verify = verifier()
    const bytes = Buffer.from(whole.lines.join(''))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (at) => {
        const kept = bytes.subarray(0, at)
        const line = kept.filter((byte) => byte === 10).length + 1
        expect(verify(kept, whole.head).bad).toEqual({ seq: line, damage: 'missing' })
      }),
    )
  })

  test('two lines swapped', () => {
    const verify = verifier()
    fc.assert(
      fc.property(place, place, (one, other) => {
        fc.pre(one < other)
        const swapped = whole.lines.with(one - 1, whole.lines[other - 1] ?? '')
        swapped[other - 1] = whole.lines[one - 1] ?? ''
        expect(bad(verify(swapped.join(''), whole.head))).toBe(one)
      }),
    )
  })

  test('a line repeated elsewhere', () => {
    const verify = verifier()
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: COUNT + 1 }), (copied, at) => {
        const inserted = whole.lines.toSpliced(at - 1, 0, whole.lines[copied - 1] ?? '')
        // A copy right before its original is the original; the second one is too much.
        expect(bad(verify(inserted.join(''), whole.head))).toBe(copied === at ? at + 1 : at)
      }),
    )
  })

  test('a record inserted that fits what is before it', () => {
    const verify = verifier()
    fc.assert(
      fc.property(place, (at) => {
        const before = parsed(whole.lines[at - 1])
        const { bytes } = link(
          [entry({ agent: 'somebody-else' })],
          { ...EMPTY, seq: before.seq - 1, hash: before.prev },
          TIME,
        )
        const inserted = whole.lines.toSpliced(at - 1, 0, bytes.toString())
        const found = bad(verify(inserted.join(''), whole.head))
        // It fits; what follows it does not, unless the head knows the place better.
        expect(found).toBe(at === COUNT ? at : at + 1)
      }),
    )
  })
})

function bad(verdict: Verdict): number | undefined {
  if (verdict.bad !== undefined) expect(verdict.records).toBe(verdict.bad.seq - 1)
  return verdict.bad?.seq
}

function parsed(line: string | undefined): AuditRecord {
  return JSON.parse(line ?? '')
}
