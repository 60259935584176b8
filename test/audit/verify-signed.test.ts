/** What tree and checkpoints find in a log, and how exactly. */
import * as fc from 'fast-check'
import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readAcross } from '../../src/audit/across.ts'
import type { Tip } from '../../src/audit/chain.ts'
import { parseVerifierKey } from '../../src/audit/note.ts'
import type { Line } from '../../src/audit/read.ts'
import type { Entry } from '../../src/audit/record.ts'
import { verifyChain, type Verdict } from '../../src/audit/verify.ts'
import { checkpointsIn, type Vouched } from '../../src/audit/vouched.ts'
import { entry, tempHome } from './home.ts'
import { filesOf, keyOf, place, said, signedLog, write, type SignedLog } from './signed-log.ts'

const COUNT = 12
const whole = signedLog({ records: COUNT })

/** Lines as they would be read from one file. */
function* linesOf(content: Buffer | string): Generator<Line> {
  const bytes = Buffer.from(content)
  let start = 0
  for (let number = 1; start < bytes.length; number++) {
    const at = bytes.indexOf(10, start)
    const end = at < 0 ? bytes.length : at
    yield { number, bytes: bytes.subarray(start, end), end: end + 1, whole: at >= 0 }
    start = end + 1
  }
}

function vouched(log: SignedLog, sizes: readonly number[], elsewhere = false): readonly Vouched[] {
  const notes = sizes.map((size) => log.note(size))
  const key = parseVerifierKey(log.vkey)
  return checkpointsIn(notes, () => key, elsewhere).checkpoints
}

function verify(content: Buffer | string, sizes: readonly number[], head?: Tip): Verdict {
  return verifyChain(linesOf(content), head, { checkpoints: vouched(whole, sizes) })
}

const sizesOf = fc.uniqueArray(fc.integer({ min: 0, max: COUNT }), { maxLength: 5 })

describe('a whole log', () => {
  test('agrees with every checkpoint of it, in any order', () => {
    fc.assert(
      fc.property(sizesOf, (sizes) => {
        const verdict = verify(whole.lines.join(''), sizes, whole.head)
        expect(verdict.bad).toBeUndefined()
        expect(verdict.checkpoints).toMatchObject({
          agreed: sizes.length,
          signed: Math.max(0, ...sizes),
          disputed: [],
        })
      }),
      { numRuns: 200 },
    )
  })

  test('tells its root', () => {
    const { tree } = verify(whole.lines.join(''), [])
    expect(tree?.origin).toBe(whole.origin)
    expect(whole.note(COUNT)).toContain(Buffer.from(tree?.root ?? '', 'hex').toString('base64'))
  })
})

describe('property: the record that is named is the first bad one', () => {
  test('any byte changed, whatever was signed', () => {
    const bytes = Buffer.from(whole.lines.join(''))
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        sizesOf,
        (at, flip, sizes) => {
          const edited = Buffer.from(bytes)
          edited[at] = (edited[at] ?? 0) ^ flip
          const line = lineAt(bytes, at)
          const { bad, records } = verify(edited, sizes, whole.head)
          expect(bad?.seq).toBe(line)
          expect(bad?.to).toBeUndefined()
          expect(records).toBe(line - 1)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('any byte changed in a copy that no head vouches for, signed to its end', () => {
    const bytes = Buffer.from(whole.lines.join(''))
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 2 }),
        fc.integer({ min: 1, max: 255 }),
        sizesOf,
        (at, flip, sizes) => {
          const edited = Buffer.from(bytes)
          edited[at] = (edited[at] ?? 0) ^ flip
          const line = lineAt(bytes, at)
          const { bad } = verify(edited, [...sizes, COUNT])
          expect(bad?.seq).toBeLessThanOrEqual(line)
          expect(bad?.to ?? bad?.seq).toBeGreaterThanOrEqual(line)
          // Only of the last line nothing says what it was.
          if (line < COUNT) expect(bad).toMatchObject({ seq: line })
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('any order of the lines', () => {
    const order = fc.shuffledSubarray([...whole.lines.keys()], { minLength: COUNT })
    fc.assert(
      fc.property(order, sizesOf, (places, sizes) => {
        const first = places.findIndex((from, to) => from !== to)
        fc.pre(first >= 0)
        const content = places.map((from) => whole.lines[from]).join('')
        expect(verify(content, sizes, whole.head).bad?.seq).toBe(first + 1)
      }),
      { numRuns: 500 },
    )
  })

  test('any of the lines dropped', () => {
    fc.assert(
      fc.property(fc.subarray([...whole.lines.keys()], { maxLength: COUNT - 1 }), (kept) => {
        const gap = kept.findIndex((from, to) => from !== to)
        const content = kept.map((from) => whole.lines[from]).join('')
        const { bad } = verify(content, [COUNT])
        expect(bad?.seq).toBe((gap < 0 ? kept.length : gap) + 1)
      }),
      { numRuns: 300 },
    )
  })

  test('every cut, at any byte, is found by a checkpoint alone', () => {
    const bytes = Buffer.from(whole.lines.join(''))
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: COUNT }),
        (at, size) => {
          const kept = bytes.subarray(0, at)
          const line = lineAt(bytes, at)
          const { bad } = verify(kept, [size])
          if (line > size) expect(bad).toBeUndefined()
          else expect(bad).toEqual({ seq: line, damage: 'cut' })
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a log that was rewritten with its chain', () => {
  test('is whole as far as the chain goes', () => {
    const forged = rewritten(5)
    expect(verifyChain(linesOf(forged.lines.join('')), forged.head).bad).toBeUndefined()
  })

  test('is found between the two checkpoints that it lies between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: COUNT }), sizesOf, (from, sizes) => {
        const forged = rewritten(from)
        const verdict = verifyChain(linesOf(forged.lines.join('')), forged.head, {
          checkpoints: vouched(whole, sizes),
        })
        const before = Math.max(0, ...sizes.filter((size) => size < from))
        const after = Math.min(...sizes.filter((size) => size >= from))
        if (after === Number.POSITIVE_INFINITY) {
          expect(verdict.bad).toBeUndefined()
          return
        }
        expect(verdict.bad).toEqual({
          seq: before + 1,
          ...(before + 1 < after && { to: after }),
          damage: 'not-signed',
        })
        expect(verdict.checkpoints.signed).toBe(before)
      }),
      { numRuns: 500 },
    )
  })

  test('and re-signed with the same key: a checkpoint that was kept elsewhere finds it', () => {
    const forged = rewritten(5)
    const own = vouched(forged, [3, 6, 9, 12])
    const scope = { checkpoints: [...own, ...vouched(whole, [4, 8], true)] }
    expect(verifyChain(linesOf(forged.lines.join('')), forged.head, scope).bad).toEqual({
      seq: 5,
      to: 8,
      damage: 'not-signed',
    })
  })

  test('from its first record on, whoever signed it anew: it is another log', () => {
    const forged = signedLog({ records: COUNT, say: () => entry({ agent: 'somebody-else' }) })
    const checkpoints = [...vouched(forged, [6, 12]), ...vouched(whole, [6], true)]
    expect(verifyChain(linesOf(forged.lines.join('')), forged.head, { checkpoints }).bad).toEqual({
      seq: 1,
      damage: 'other-log',
    })
  })

  test('also where the anchor went on with it', () => {
    const forged = signedLog({ records: COUNT, say: () => entry({ agent: 'somebody-else' }) })
    const checkpoints = [...vouched(whole, [6, 9], true), ...vouched(forged, [6, 12], true)]
    expect(verifyChain(linesOf(forged.lines.join('')), forged.head, { checkpoints }).bad).toEqual({
      seq: 1,
      damage: 'other-log',
    })
  })

  test('a log that says which one it follows: its anchor has checkpoints of both', () => {
    const { actor } = entry()
    const say = (seq: number): Entry => (seq === 1 ? { event: 'log.archived', actor } : entry())
    const next = signedLog({ records: COUNT, say })
    const checkpoints = [...vouched(whole, [6, 9], true), ...vouched(next, [6, 12], true)]
    const verdict = verifyChain(linesOf(next.lines.join('')), next.head, { checkpoints })
    expect(verdict.bad).toBeUndefined()
    expect(verdict.checkpoints).toMatchObject({ foreign: 2, elsewhere: 12 })
    // Without one of its own, they are not of this log.
    const before = { checkpoints: vouched(whole, [6, 9], true) }
    expect(verifyChain(linesOf(next.lines.join('')), next.head, before).bad).toMatchObject({
      damage: 'other-log',
    })
  })

  test('a checkpoint by a key that nobody knows accuses, and does not vouch', () => {
    const notes = [whole.note(4), whole.note(8)]
    const { checkpoints } = checkpointsIn(notes, () => undefined, true)
    const fits = verifyChain(linesOf(whole.lines.join('')), whole.head, { checkpoints })
    expect(fits.checkpoints).toMatchObject({ agreed: 2, signed: 0, elsewhere: 8, disputed: [] })
    const forged = rewritten(5)
    const verdict = verifyChain(linesOf(forged.lines.join('')), forged.head, { checkpoints })
    expect(verdict.checkpoints).toMatchObject({ agreed: 1, disputed: [{ size: 8 }] })
  })
})

describe('segments', () => {
  const log = signedLog({ records: COUNT, segments: [5, 9] })

  function at(change?: (files: Map<string, string>) => void, from?: number): Verdict {
    const home = tempHome()
    place(log, home)
    const files = filesOf(log, home)
    change?.(files)
    for (const path of filesOf(log, home).keys()) {
      const text = files.get(path)
      if (text === undefined) rmSync(path)
      else write(path, text)
    }
    const checkpoints = vouched(log, [4, 6, 8, 12])
    return readAcross(home.auditLog, from, ({ start, lines }) =>
      verifyChain(lines, log.head, { start, checkpoints }),
    )
  }
  test('chain and tree run across them', () => {
    expect(at()).toMatchObject({
      first: 1,
      records: COUNT,
      checkpoints: { signed: 12, agreed: 4 },
    })
    expect(at().bad).toBeUndefined()
  })

  test('any byte changed in any of them', () => {
    const bytes = Buffer.from(log.lines.join(''))
    const home = tempHome()
    place(log, home)
    const checkpoints = vouched(log, [12])
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 127 }),
        (byte, flip) => {
          const lines = log.lines.map((line) => Buffer.from(line))
          const seq = lineAt(bytes, byte)
          const line = lines[seq - 1] ?? Buffer.alloc(0)
          const offset = byte - Buffer.byteLength(log.lines.slice(0, seq - 1).join(''))
          line[offset] = (line[offset] ?? 0) ^ flip
          for (const [index, name] of [...filesOf(log, home).keys()].entries()) {
            const [first = 1, next] = [log.firsts[index], log.firsts[index + 1]]
            write(name, Buffer.concat(lines.slice(first - 1, next && next - 1)))
          }
          const { bad } = readAcross(home.auditLog, undefined, ({ start, lines: read }) =>
            verifyChain(read, log.head, { start, checkpoints }),
          )
          expect(bad?.seq).toBe(seq)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('an older one that was moved away: verified from the first that is there', () => {
    const verdict = at((files) => files.delete(nameOf(files, 0)))
    expect(verdict).toMatchObject({ first: 5, records: 8, checkpoints: { signed: 12, agreed: 4 } })
    expect(verdict.tree?.origin).toBe(log.origin)
    const last = at((files) => {
      for (const name of [...files.keys()].slice(0, 2)) files.delete(name)
    })
    expect(last).toMatchObject({ first: 9, records: 4, checkpoints: { agreed: 2, skipped: 2 } })
  })

  test('one in the middle that is gone is damage', () => {
    const { bad } = at((files) => files.delete(nameOf(files, 1)))
    expect(bad).toEqual({ seq: 5, damage: 'out-of-sequence' })
  })

  test('the last one that is gone is a cut', () => {
    const { bad } = at((files) => files.delete(nameOf(files, 2)))
    expect(bad).toEqual({ seq: 9, damage: 'missing' })
  })

  test('a closed one without its last newline is damage, though every record is there', () => {
    const { bad } = at((files) => {
      files.set(nameOf(files, 0), files.get(nameOf(files, 0))?.trimEnd() ?? '')
    })
    expect(bad).toEqual({ seq: 4, damage: 'not-a-record' })
  })

  test('a segment that says of those before it what they are not', () => {
    const other = signedLog({ records: 8, segments: [5], key: keyOf('another') })
    // The same chain, but the segment at 9 states the tree of the first 7 records.
    const say = (seq: number) =>
      seq === 9
        ? {
            event: 'log.continued' as const,
            actor: entry().actor,
            detail: {
              file: 'audit.000000000005.log',
              first: 5,
              size: 8,
              range: 'ab'.repeat(32),
              origin: other.origin,
            },
          }
        : said(seq)
    const lying = signedLog({ records: COUNT, segments: [5], say })
    const verdict = verifyChain(linesOf(lying.lines.join('')), lying.head)
    expect(verdict.bad).toEqual({ seq: 9, damage: 'misstated' })
    // Alone it is believed, until a checkpoint of the log is at hand.
    const home = tempHome()
    place(lying, home)
    write(home.auditLog, lying.lines.slice(8).join(''))
    rmSync(filesOf(lying, home).keys().next().value ?? '')
    const alone = (sizes: readonly number[]): Verdict =>
      readAcross(home.auditLog, undefined, ({ start, lines }) =>
        verifyChain(lines, lying.head, { start, checkpoints: vouched(lying, sizes) }),
      )
    expect(alone([]).bad).toBeUndefined()
    expect(alone([8]).bad).toEqual({ seq: 9, damage: 'misstated' })
    expect(alone([10]).bad).toEqual({ seq: 9, to: 10, damage: 'not-signed' })
  })

  test.each([
    [1, true],
    [5, true],
    [6, false],
    [9, true],
    [12, false],
  ])('from record %d on; the tree is known: %j', (from, tree) => {
    const verdict = at(undefined, from)
    expect(verdict).toMatchObject({ first: from, records: COUNT - from + 1 })
    expect(verdict.bad).toBeUndefined()
    expect(verdict.tree !== undefined).toBe(tree)
    if (tree) expect(verdict.checkpoints.signed).toBe(12)
    else expect(verdict.checkpoints).toMatchObject({ agreed: 0, skipped: 4 })
  })

  test('from a record on, damage before it is not looked at, and damage behind it is named', () => {
    expect(at(spoil(0), 5).bad).toBeUndefined()
    expect(at(spoil(1), 5).bad).toEqual({ seq: 5, damage: 'changed' })
    expect(at(spoil(2), 5).bad).toEqual({ seq: 9, damage: 'changed' })
    expect(at(spoil(1), 6).bad).toBeUndefined()
    expect(at(undefined, 13)).toMatchObject({ records: 0 })
  })
})

/** From this record on, with everything that follows; without the first, or it is another log. */
function rewritten(from: number): SignedLog {
  const say = (seq: number): Entry => (seq < from ? said(seq) : entry({ agent: 'somebody-else' }))
  return signedLog({ records: COUNT, say })
}

/** Changes the first record of a segment. */
function spoil(which: number): (files: Map<string, string>) => void {
  return (files) => {
    const name = nameOf(files, which)
    files.set(name, files.get(name)?.replace('tester', 'tamper') ?? '')
  }
}

function nameOf(files: Map<string, string>, which: number): string {
  return [...files.keys()][which] ?? ''
}

function lineAt(bytes: Buffer, at: number): number {
  return bytes.subarray(0, at).filter((byte) => byte === 10).length + 1
}
