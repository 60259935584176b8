/** `log verify --against` files that others could write to. */
import * as fc from 'fast-check'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lineOf } from '../../src/audit/anchor/line.ts'
import type { Entry } from '../../src/audit/record.ts'
import { entry } from '../audit/home.ts'
import { keyOf, place, said, signedLog, write } from '../audit/signed-log.ts'
import { at, COUNT, forged, found, kept, kinds, log, run } from './verifying.ts'

/** As a log that was begun when another was put aside. */
function follows(seq: number): Entry {
  return seq === 1 ? { event: 'log.archived', actor: entry().actor } : said(seq)
}

test('notes and lines of a system log in one file: all of them count', async () => {
  const io = at(forged, [12])
  const line = `Nov 24 host secretref[7]: ${lineOf(log.note(4))}\n`
  for (const text of [log.note(9) + line, line + log.note(9)]) {
    expect(await found(io, { against: kept(io, text) })).toMatchObject({ bad: { seq: 5, to: 9 } })
  }
})

test('a forged or an unknown one among those that were kept is a doubt, and the log is looked at', async () => {
  const another = signedLog({ records: COUNT, key: keyOf('another') })
  const wrong = log.note(9).replace('\n9\n', '\n8\n')
  const mixed = `${log.note(4)}${wrong}${another.note(5)}rubbish\n\n${log.note(9)}`
  const expected = ['no-head', 'unknown-key', 'forged', 'unreadable']
  for (const key of [{}, { key: log.vkey }]) {
    const io = at(log, [12])
    const against = kept(io, mixed)
    expect(await kinds(io, { against, ...key })).toEqual(expected)
    expect(await run(io, { against, ...key })).toBe(0)
    expect(io.stdout).toContain('agrees with kept: up to record 9\n')
    expect(await run(io, { against, ...key, strict: true })).toBe(1)
    place(forged, io.home, [12])
    expect(await found(io, { against, ...key })).toMatchObject({ bad: { seq: 5, to: 9 } })
  }
})

test('one by an unknown key that does not fit does not outvote those of the key that was given', async () => {
  const io = at(log, [12])
  const planted = signedLog({
    records: COUNT,
    key: keyOf('another'),
    say: (seq) => (seq < 5 ? said(seq) : entry({ agent: 'somebody-else' })),
  })
  const against = kept(io, log.note(9) + planted.note(8))
  expect(await kinds(io, { against, key: log.vkey })).toContain('disputed')
  expect(await run(io, { against, key: log.vkey })).toBe(0)
  expect(await run(io, { against, key: log.vkey, strict: true })).toBe(1)
  // Where nobody says which key counts, it accuses.
  expect(await run(io, { against })).toBe(1)
})

test('what anybody appends to the file takes no accusation back', async () => {
  const another = signedLog({ records: COUNT, key: keyOf('another') })
  const anew = signedLog({ records: COUNT, say: () => entry(), key: keyOf('another') })
  const after = signedLog({ records: COUNT, say: follows })
  const theirs = signedLog({ records: COUNT, key: keyOf('another'), say: () => entry() })
  const cut = signedLog({ records: 6 })
  const [, signature = ''] = another.note(6).split('\n\n')
  const [, bad = ''] = log.note(2).split('\n\n')
  const junk = fc.constantFrom(
    'x',
    '\n',
    '\n\n',
    '— ',
    '— w AAAAAAAA\n',
    signature,
    bad,
    another.note(6),
    another.note(12),
    theirs.note(9),
    `${after.origin}\n3\n`,
    after.note(9).replace('\n9\n', '\n8\n'),
    'x checkpoint size=3 note=AAAA\n',
    `x ${lineOf(another.note(6))}\n`,
  )
  const io = at(log)
  for (const used of [forged, anew, after, cut]) {
    place(used, io.home, [used.lines.length])
    const honest = log.note(3) + log.note(9)
    for (const key of [{}, { key: log.vkey }]) {
      expect(await run(io, { against: kept(io, honest), ...key })).toBe(1)
      await fc.assert(
        fc.asyncProperty(fc.array(junk, { maxLength: 6 }), async (pieces) => {
          const against = kept(io, honest + pieces.join(''))
          expect(await run(io, { against, ...key })).toBe(1)
        }),
        { numRuns: 60 },
      )
    }
  }
})

test('an anchor that holds notes of a log and of the one before it verifies each with its key', async () => {
  const next = signedLog({ records: COUNT, say: follows })
  const io = at(next, [12])
  const text = log.note(4) + log.note(12) + next.note(5) + next.note(9)
  const against = kept(io, text)
  expect(await run(io, { against, key: next.vkey })).toBe(0)
  expect(io.stdout).toContain('agrees with kept: up to record 9\n')
  expect(await kinds(io, { against, key: next.vkey })).toEqual([
    'archived',
    'no-head',
    'other-logs',
  ])
  const file = join(io.home.dir, 'audit.log.20261124T090000000Z')
  write(file, log.lines.join(''))
  expect(await run(io, { against, key: log.vkey, file })).toBe(0)
  expect(io.stdout).toContain(`agrees with kept: up to record ${COUNT}\n`)
  // The key of the one does not vouch for the other.
  expect(await run(io, { against, key: log.vkey })).toBe(1)
  expect(io.stderr).toMatch(/^secretref: record 1 of the audit log is not the one that the/)
})

test('another log in its place, with a key of its own, whose checkpoints the anchor took too', async () => {
  const anew = signedLog({ records: COUNT, say: () => entry(), key: keyOf('another') })
  const io = at(anew, [12])
  const against = kept(io, log.note(9) + anew.note(6) + anew.note(12))
  expect(await run(io, { against })).toBe(1)
  expect(io.stdout).toBe('')
  expect(io.stderr).toMatch(
    /^secretref: checkpoints that you kept are of other logs, and signed with keys that are not known here: .* \[PROOF_INVALID\]\nhint: give the public key that you kept with --key/,
  )
  expect(await kinds(io, { against })).toEqual(['no-head', 'other-logs'])
  // An anchor of several machines: the key says that this is the log that is meant.
  expect(await run(io, { against, key: anew.vkey })).toBe(0)
  expect(await run(io, { against, key: log.vkey })).toBe(1)
  expect(io.stderr).toMatch(/^secretref: record 1 of the audit log is not the one that the/)
})
