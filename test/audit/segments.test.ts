import * as fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { readAcross } from '../../src/audit/across.ts'
import { archiveLog } from '../../src/audit/archive.ts'
import { archivedBefore, checkArchive, type ArchiveState } from '../../src/audit/archived.ts'
import { leafHash } from '../../src/audit/hash.ts'
import { openAuditLog, type AuditLog } from '../../src/audit/log.ts'
import { appendLeaf, EMPTY_RANGE, rootOf } from '../../src/audit/merkle.ts'
import { parseCheckpoint, parseNote } from '../../src/audit/note.ts'
import { segmentsAt, segmentsOf } from '../../src/audit/segments.ts'
import type { Home } from '../../src/state/home.ts'
import {
  entry,
  failureOf,
  openLog,
  recordsIn,
  tear,
  tempHome,
  verify,
  writeLog,
  writeSettings,
} from './home.ts'

/** Rolls after every few records. */
function smallHome(): Home {
  const home = tempHome()
  writeSettings(home, { segment: { bytes: 1024 } })
  return home
}

function counts(home: Home): (number | undefined)[] {
  return recordsIn(home).flatMap(({ count }) => count ?? [])
}

/** Of the archive that the log says it follows. */
function stateOf({ auditLog }: Home): ArchiveState | undefined {
  const archived = archivedBefore(auditLog)
  return archived && checkArchive(auditLog, archived)
}

/** Of the newest checkpoint; 0 where there is none. */
function signedSize(home: Home): number {
  const note = existsSync(home.checkpoint) ? readFileSync(home.checkpoint, 'utf8') : ''
  return parseCheckpoint(parseNote(note)?.text ?? '')?.size ?? 0
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('a log that grows beyond its bound', () => {
  test('goes on in another file: nothing lost, one chain, one tree, signed across', async () => {
    const home = smallHome()
    await writeLog(home, 20)
    await writeLog(home, 20)
    expect(counts(home)).toEqual([...upTo(20), ...upTo(20)])
    const segments = segmentsOf(home)
    expect(segments.length).toBeGreaterThan(5)
    expect(segments[0]).toEqual({ path: join(home.dir, 'audit.000000000001.log'), first: 1 })
    expect(segments.at(-1)?.path).toBe(home.auditLog)

    const records = recordsIn(home)
    expect(verify(home)).toMatchObject({ records: records.length, acknowledged: records.length })
    expect(verify(home).bad).toBeUndefined()
    for (const [i, { first }] of segments.entries()) {
      if (i === 0) continue
      expect(records[first - 1]).toMatchObject({
        event: 'log.continued',
        seq: first,
        detail: {
          file: basename(segments[i - 1]?.path ?? ''),
          first: segments[i - 1]?.first,
          size: first - 1,
        },
      })
    }
    // The last checkpoint is consistent with all of it, or this start would be refused.
    const log = openLog(home)
    expect(await log.checkpoint()).toContain(`\n${records.length}\n`)
  })

  test('by age: the first record of a segment says when it began', async () => {
    const home = tempHome()
    writeSettings(home, { segment: { days: 2 } })
    let now = new Date('2026-11-01T00:00:00Z')
    const log = openLog(home, { now: () => now })
    await log.append([entry({ count: 1 })])
    now = new Date('2026-11-03T00:00:00Z')
    await log.append([entry({ count: 2 })])
    expect(segmentsOf(home)).toHaveLength(1)
    now = new Date('2026-11-03T00:00:01Z')
    await log.append([entry({ count: 3 })])
    await log.append([entry({ count: 4 })])
    expect(segmentsOf(home).map(({ first }) => first)).toEqual([1, 4])
    now = new Date('2026-11-06T00:00:00Z')
    await log.close()
    const again = openLog(home, { now: () => now })
    await again.append([entry({ count: 5 })])
    expect(segmentsOf(home).map(({ first }) => first)).toEqual([1, 4, 7])
    expect(counts(home)).toEqual(upTo(5))
  })

  test('is followed by those that have the old file open, however far it went', async () => {
    const home = smallHome()
    const [one, other] = [openLog(home), openLog(home)]
    await one.append([entry({ count: 1 })])
    for (let i = 2; i <= 15; i++) await other.append([entry({ count: i })])
    await one.append([entry({ count: 16 })])
    for (let i = 17; i <= 30; i++) await (i % 2 ? one : other).append([entry({ count: i })])
    await Promise.all([one.close(), other.close()])
    expect(counts(home)).toEqual(upTo(30))
    expect(verify(home).bad).toBeUndefined()
  })

  test('with an unfinished line at its end: cut off, then continued, and both are on record', async () => {
    const home = tempHome()
    await writeLog(home, 10)
    tear(home, '{"v":1,"seq":12,')
    writeSettings(home, { segment: { bytes: 1024 } })
    await writeLog(home, 1)
    const events = recordsIn(home).map(({ event }) => event)
    expect(events.slice(-3)).toEqual(['log.continued', 'log.recovered', 'grant.released'])
    expect(verify(home)).toMatchObject({ torn: 0, records: 14 })
  })

  test('has a checkpoint of every segment that is closed, also where nobody stops cleanly', async () => {
    const home = smallHome()
    const log = openLog(home)
    for (let i = 1; i <= 20; i++) {
      await log.append([entry({ count: i })])
      const active = segmentsOf(home).at(-1)?.first ?? 1
      if (active > 1) expect(signedSize(home)).toBeGreaterThanOrEqual(active - 1)
    }
    // Somebody else, as after a kill of the first; with the lock file and without.
    for (const { path } of segmentsOf(home).slice(0, -1)) rmSync(path)
    await writeLog(home, 1)
    for (const { path } of segmentsOf(home).slice(0, -1)) rmSync(path)
    rmSync(home.auditLock)
    await writeLog(home, 1)
    expect(verify(home).bad).toBeUndefined()
  })

  test('is not cut into another segment where no checkpoint can be signed', async () => {
    const home = smallHome()
    mkdirSync(home.checkpoints)
    const log = openLog(home)
    for (let i = 1; i <= 20; i++) await log.append([entry({ count: i })])
    expect(segmentsOf(home)).toHaveLength(1)
    rmSync(home.checkpoints, { recursive: true })
    await log.append([entry({ count: 21 })])
    expect(segmentsOf(home)).toHaveLength(2)
    expect(counts(home)).toEqual(upTo(21))
  })

  test('can be read on where older segments were moved away', async () => {
    const home = smallHome()
    await writeLog(home, 20)
    for (const { path } of segmentsOf(home).slice(0, 3)) rmSync(path)
    await writeLog(home, 1)
    expect(verify(home).bad).toBeUndefined()
    rmSync(home.auditLock)
    await writeLog(home, 1)
    expect(verify(home).bad).toBeUndefined()
    expect(counts(home).slice(-3)).toEqual([20, 1, 1])
  })
})

test('property: however it was written, by whom and in how many segments, the signed tree is that of its lines', async () => {
  const step = fc.record({
    writer: fc.integer({ min: 0, max: 2 }),
    entries: fc.integer({ min: 1, max: 6 }),
    next: fc.constantFrom('go on', 'sign', 'end'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const home = smallHome()
      const writers = new Map<number, AuditLog>()
      for (const { writer, entries, next } of steps) {
        const log = writers.get(writer) ?? openAuditLog(home)
        writers.set(writer, log)
        await log.append(Array.from({ length: entries }, () => entry()))
        if (next === 'sign') await log.checkpoint()
        if (next === 'end') {
          await log.close()
          writers.delete(writer)
        }
      }
      for (const log of writers.values()) await log.close()
      const leaves = readAcross(home.auditLog, undefined, ({ lines }) =>
        Array.from(lines, ({ bytes }) => leafHash(bytes)),
      )
      const note = readFileSync(home.checkpoint, 'utf8')
      expect(parseCheckpoint(parseNote(note)?.text ?? '')).toMatchObject({
        size: leaves.length,
        root: rootOf(leaves.reduce(appendLeaf, EMPTY_RANGE)),
      })
      expect(verify(home).bad).toBeUndefined()
    }),
    { numRuns: 15 },
  )
})

describe('a roll that was interrupted', () => {
  test('before the new file got its name: the second name of the old one is no second segment', async () => {
    const home = tempHome()
    await writeLog(home, 10)
    linkSync(home.auditLog, join(home.dir, 'audit.000000000001.log'))
    writeFileSync(`${home.auditLog}.next`, 'half of a li', { mode: 0o600 })
    expect(segmentsOf(home)).toEqual([{ path: home.auditLog, first: 1 }])
    writeSettings(home, { segment: { bytes: 1024 } })
    await writeLog(home, 1)
    expect(segmentsOf(home).map(({ first }) => first)).toEqual([1, 12])
    expect(existsSync(`${home.auditLog}.next`)).toBe(false)
    expect(counts(home)).toEqual([...upTo(10), 1])
  })

  test('another file in the place of the segment: AUDIT_UNAVAILABLE, and nothing of it is touched', async () => {
    const home = tempHome()
    await writeLog(home, 10)
    const place = join(home.dir, 'audit.000000000001.log')
    writeFileSync(place, 'precious')
    writeSettings(home, { segment: { bytes: 1024 } })
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.message).toMatch(/something stands in the place of its next segment/)
    expect(failure.hint).toContain(place)
    expect(readFileSync(place, 'utf8')).toBe('precious')
  })
})

describe('segments that are not what they were', () => {
  test('the active one taken away: AUDIT_TAMPERED, also without its lock file', async () => {
    const home = smallHome()
    await writeLog(home, 20)
    rmSync(home.auditLog)
    rmSync(home.auditLock)
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure).toMatchObject({ code: 'AUDIT_TAMPERED' })
    expect(failure.message).toMatch(/is gone/)
  })

  test('the one that holds the acknowledged head taken away: AUDIT_TAMPERED', async () => {
    const home = smallHome()
    await writeLog(home, 4)
    const lock = readFileSync(home.auditLock)
    await writeLog(home, 12)
    // As after a power failure that took the newest state of the lock file.
    writeFileSync(home.auditLock, lock)
    for (const path of [home.checkpoint, home.checkpoints]) rmSync(path)
    const log = openAuditLog(home)
    const [first] = segmentsOf(home)
    renameSync(first?.path ?? '', `${home.dir}-away`)
    const failure = await failureOf(log.append([entry()]))
    expect(failure).toMatchObject({ code: 'AUDIT_TAMPERED' })
    await log.close()
  })
})

/** As an earlier version left it that was killed: it rolled without a signature. */
async function rolledUnsigned(): Promise<{ home: Home; segment: string }> {
  const home = smallHome()
  await writeLog(home, 3)
  const [newest, all] = [home.checkpoint, home.checkpoints].map((path) => readFileSync(path))
  copyFileSync(home.auditLock, `${home.auditLock}.old`)
  await writeLog(home, 12)
  writeFileSync(home.checkpoint, newest ?? '')
  writeFileSync(home.checkpoints, all ?? '')
  const db = new DatabaseSync(home.auditLock)
  db.exec(`ATTACH '${home.auditLock}.old' AS old;
    DELETE FROM signed; INSERT INTO signed SELECT * FROM old.signed`)
  db.close()
  const segment = segmentsOf(home)[0]?.path ?? ''
  return { home, segment }
}

describe('a closed segment that the newest checkpoint lies in, moved away', () => {
  test.each(['with', 'without'])(
    '%s its row in the lock file: it is named, and goes on when it is back',
    async (row) => {
      const { home, segment } = await rolledUnsigned()
      if (row === 'without') {
        const db = new DatabaseSync(home.auditLock)
        db.exec('DELETE FROM signed')
        db.close()
      }
      renameSync(segment, `${home.dir}-away`)
      const failure = await failureOf(openLog(home).append([entry()]))
      expect(failure).toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
      expect(failure.message).toBe(
        'the segment audit.000000000001.log of the audit log, which holds record 4, is gone',
      )
      expect(failure.hint).toContain(`bring it back as ${segment}; without it, `)
      renameSync(`${home.dir}-away`, segment)
      await writeLog(home, 1)
      expect(verify(home).bad).toBeUndefined()
    },
  )

  test('and a FIFO in its place: that is said', async () => {
    const { home, segment } = await rolledUnsigned()
    rmSync(segment)
    execFileSync('mkfifo', ['-m', '600', segment])
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.message).toMatch(/something that is not a file stands in the place/)
    expect(failure.hint).toContain(segment)
  })
})

test('what has the name of a segment and is none is no part of a log', async () => {
  const home = smallHome()
  await writeLog(home, 12)
  const before = segmentsOf(home)
  writeFileSync(join(home.dir, 'audit.000000000000.log'), '', { mode: 0o600 })
  execFileSync('mkfifo', [join(home.dir, 'audit.000000000002.log')])
  mkdirSync(join(home.dir, 'audit.000000000003.log'))
  symlinkSync(home.auditLog, join(home.dir, 'audit.000000000004.log'))
  expect(segmentsOf(home)).toEqual(before)
  await writeLog(home, 1)
  expect(verify(home)).toMatchObject({ first: 1 })
  expect(verify(home).bad).toBeUndefined()
})

test('log archive puts every segment aside, under names that can be read as one log', async () => {
  const home = smallHome()
  await writeLog(home, 20)
  const [open, asleep] = [openLog(home), openLog(home)]
  await asleep.append([entry({ count: 21 })])
  for (let i = 22; i <= 30; i++) await open.append([entry({ count: i })])
  const before = recordsIn(home)
  const closed = segmentsOf(home).length - 1
  const target = (await archiveLog(home, entry().actor, new Date())) ?? ''
  expect(segmentsOf(home)).toEqual([{ path: home.auditLog, first: 1 }])
  expect(recordsIn(home)[0]?.detail).toMatchObject({
    file: basename(target),
    segments: closed,
  })
  expect(recordsIn({ auditLog: target })).toEqual(before)
  expect(stateOf(home)).toBe('as-recorded')
  // Not only of its last file.
  const oldest = segmentsAt(target)[0]?.path ?? ''
  const bytes = readFileSync(oldest)
  writeFileSync(oldest, bytes.toString().replace('"count":1', '"count":7'))
  expect(stateOf(home)).toBe('changed')
  rmSync(oldest)
  expect(stateOf(home)).toBe('missing')
  writeFileSync(oldest, bytes, { mode: 0o600 })
  expect(stateOf(home)).toBe('as-recorded')
  expect(segmentsAt(target)).toHaveLength(closed + 1)
  // Who had it open goes on in the new one, which says what it follows also when it has been rolled.
  for (let i = 1; i <= 10; i++) await open.append([entry({ count: i })])
  await asleep.append([entry({ count: 11 })])
  expect(counts(home)).toEqual(upTo(11))
  expect(segmentsOf(home).length).toBeGreaterThan(2)
  expect(archivedBefore(home.auditLog)).toMatchObject({ file: basename(target) })
})
