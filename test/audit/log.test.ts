import * as fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { readHead } from '../../src/audit/lock.ts'
import type { Entry } from '../../src/audit/record.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { isRoot, skipLoudly } from '../values/loud.ts'
import {
  entry,
  failureOf,
  openLog,
  recordsIn,
  tear,
  tempDir,
  tempHome,
  textOf,
  verify,
  writeLog,
} from './home.ts'

describe('a new log', () => {
  test('begins with log.opened, 0600 in a 0700 folder', async () => {
    const home = tempHome()
    const log = openLog(home, { now: () => new Date('2026-11-24T08:30:00.123Z') })
    const [record] = await log.append([entry({ ref: 'stripe-api-key' })])
    expect(record).toMatchObject({ v: 1, seq: 2, time: '2026-11-24T08:30:00.123Z' })
    expect(recordsIn(home)).toEqual([
      expect.objectContaining({ seq: 1, event: 'log.opened', prev: '0'.repeat(64) }),
      record,
    ])
    expect(statSync(home.dir).mode & 0o777).toBe(0o700)
    expect(statSync(home.auditLog).mode & 0o777).toBe(0o600)
    expect(statSync(home.auditLock).mode & 0o777).toBe(0o600)
  })

  test('is not made before the first record', async () => {
    const home = tempHome()
    const log = openLog(home)
    expect(await log.append([])).toEqual([])
    await log.close()
    expect(() => statSync(home.dir)).toThrow('ENOENT')
  })
})

describe('append', () => {
  test('goes on with the chain of the process before', async () => {
    const home = tempHome()
    await writeLog(home, 2)
    await writeLog(home, 2)
    expect(recordsIn(home).map(({ count }) => count)).toEqual([undefined, 1, 2, 1, 2])
    expect(verify(home)).toMatchObject({ records: 5, acknowledged: 5, torn: 0 })
  })

  test('keeps the entries of one call together, in order, and answers with their records', async () => {
    const home = tempHome()
    const log = openLog(home)
    const answers = await Promise.all(
      [1, 2, 3].map((n) => log.append([entry({ count: n }), entry({ count: n * 10 })])),
    )
    expect(answers.map((records) => records.map(({ count }) => count))).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    expect(recordsIn(home).slice(1)).toEqual(answers.flat())
  })

  test('weaves two logs of one process into one chain', async () => {
    const home = tempHome()
    const logs = [openLog(home), openLog(home)]
    for (let i = 0; i < 20; i++) await Promise.all(logs.map((log) => log.append([entry()])))
    await Promise.all(logs.map((log) => log.close()))
    expect(verify(home)).toMatchObject({ records: 41, acknowledged: 41 })
  })

  test('after close is refused', async () => {
    const log = openLog(tempHome())
    await log.append([entry()])
    await log.close()
    expect(await failureOf(log.append([entry()]))).toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
  })

  test('waits for the lock, in the end refuses in words, and works again when it is free', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    const other = new DatabaseSync(home.auditLock)
    other.exec('BEGIN IMMEDIATE')
    const log = openLog(home, { busyTimeoutMs: 20 })
    const failure = await failureOf(log.append([entry()]))
    expect(failure).toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: 'the audit log cannot be used: another process has held its lock for 0.02 seconds',
    })
    other.close()
    await log.append([entry()])
    expect(recordsIn(home)).toHaveLength(3)
  })

  test('close waits for what is queued, and stores the head that was acknowledged', async () => {
    const home = tempHome()
    const log = openLog(home)
    const pending = log.append([entry()])
    await log.close()
    const [record] = await pending
    expect(readHead(home.auditLock)).toMatchObject({
      seq: record?.seq,
      size: statSync(home.auditLog).size,
    })
  })

  test('property: any sequence of entries comes back as it went in', async () => {
    const home = tempHome()
    const log = openLog(home)
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('\n', '\0', '\u202e', '👩‍👩‍👧', '"}\n{"v":1}', '支付', '\ud800'.toWellFormed()),
    )
    const entries = fc.array(
      fc.record(
        {
          event: fc.constantFrom<Entry['event'][]>('grant.denied', 'run.ended', 'config.loaded'),
          actor: fc.constant(entry().actor),
          agent: text,
          reason: text,
          command: text,
          ms: fc.nat(),
          exit: fc.record({ code: fc.nat({ max: 255 }) }),
          detail: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { noNullPrototype: true }),
        },
        { requiredKeys: ['event', 'actor'] },
      ),
      { minLength: 1, maxLength: 5 },
    )
    const written: unknown[] = []
    await fc.assert(
      fc.asyncProperty(entries, async (batch) => {
        written.push(...batch)
        const records = await log.append(batch)
        expect(records).toHaveLength(batch.length)
      }),
      { numRuns: 100 },
    )
    const bare = recordsIn(home).map(
      ({ v: _v, seq: _seq, time: _time, prev: _prev, ...rest }) => rest,
    )
    expect(bare.slice(1)).toEqual(written)
    expect(verify(home).records).toBe(written.length + 1)
  })
})

describe('a torn last line', () => {
  test('is cut off, and its recovery is on record', async () => {
    const home = tempHome()
    await writeLog(home, 2)
    tear(home, '{"v":1,"seq":4,"ti')
    await writeLog(home, 1)
    expect(recordsIn(home).slice(3)).toEqual([
      expect.objectContaining({ seq: 4, event: 'log.recovered', detail: { bytes: 18 } }),
      expect.objectContaining({ seq: 5, count: 1 }),
    ])
    expect(verify(home)).toMatchObject({ records: 5, acknowledged: 5, torn: 0 })
  })

  test('of another process is cut off also while the log is open', async () => {
    const home = tempHome()
    const log = openLog(home)
    await log.append([entry()])
    tear(home, 'x'.repeat(20_000))
    await log.append([entry()])
    expect(recordsIn(home).at(-2)).toMatchObject({
      event: 'log.recovered',
      detail: { bytes: 20_000 },
    })
  })

  test('that is all there is leaves a log that begins properly', async () => {
    const home = tempHome()
    mkdirSync(home.dir, { mode: 0o700 })
    writeFileSync(home.auditLog, '{"v":1', { mode: 0o600 })
    await writeLog(home, 1)
    expect(recordsIn(home).map(({ event }) => event)).toEqual([
      'log.opened',
      'log.recovered',
      'grant.released',
    ])
  })
})

describe('a log that is not what was acknowledged', () => {
  const cases: [string, (home: Home) => void, RegExp][] = [
    ['shorter', (home) => truncateSync(home.auditLog, statSync(home.auditLog).size - 1), /shorter/],
    ['empty', (home) => truncateSync(home.auditLog, 0), /shorter/],
    ['gone', (home) => rmSync(home.auditLog), /gone/],
    [
      'changed in its acknowledged line',
      (home) => writeFileSync(home.auditLog, textOf(home).replace('"count":3', '"count":4')),
      /record 4 .* is not the one/,
    ],
    [
      'continued with a line that is no record',
      (home) => tear(home, 'hello\n'),
      /line 5 .* is not a record that follows/,
    ],
    [
      'continued with a record that was there before',
      (home) => tear(home, `${textOf(home).split('\n')[1]}\n`),
      /line 5 .* is not a record that follows/,
    ],
    [
      'continued with more than a record can be',
      (home) => tear(home, 'x'.repeat(3 * 1024 * 1024)),
      /more than a record/,
    ],
  ]
  test.each(cases)('%s: AUDIT_TAMPERED, and nothing is written', async (_, damage, message) => {
    const home = tempHome()
    await writeLog(home, 3)
    damage(home)
    const before = statSync(home.auditLog, { throwIfNoEntry: false })?.size
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.code).toBe('AUDIT_TAMPERED')
    expect(failure.message).toMatch(message)
    expect(failure.hint).toContain('secretref log archive')
    expect(statSync(home.auditLog, { throwIfNoEntry: false })?.size).toBe(before)
  })

  test('cut while it is open: AUDIT_TAMPERED', async () => {
    const home = tempHome()
    const log = openLog(home)
    await log.append([entry()])
    truncateSync(home.auditLog, 10)
    expect(await failureOf(log.append([entry()]))).toMatchObject({ code: 'AUDIT_TAMPERED' })
  })

  test('a lock file that was taken away is made anew, and that is on record', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    rmSync(home.auditLock)
    await writeLog(home, 1)
    expect(recordsIn(home)[2]).toMatchObject({ event: 'log.opened', detail: { head: 'unknown' } })
  })
})

describe('a place that is not safe to write', () => {
  const cases: [string, (home: Home) => void, RegExp][] = [
    [
      'a symbolic link for the log',
      (home) => {
        renameSync(home.auditLog, `${home.dir}-elsewhere`)
        symlinkSync(`${home.dir}-elsewhere`, home.auditLog)
      },
      /symbolic link/,
    ],
    [
      'a FIFO for the log',
      (home) => {
        rmSync(home.auditLog)
        execFileSync('mkfifo', ['-m', '600', home.auditLog])
      },
      /not a file/,
    ],
    [
      'a folder for the log',
      (home) => {
        rmSync(home.auditLog)
        mkdirSync(home.auditLog)
      },
      /a folder stands in its place/,
    ],
    ['a log that others may read', (home) => chmodSync(home.auditLog, 0o640), /others may reach/],
    ['a folder that others may enter', (home) => chmodSync(home.dir, 0o710), /others may reach/],
    [
      'a symbolic link for the lock',
      (home) => {
        renameSync(home.auditLock, `${home.dir}-elsewhere`)
        symlinkSync(`${home.dir}-elsewhere`, home.auditLock)
      },
      /lock file is not a regular file/,
    ],
    [
      'a FIFO for the lock',
      (home) => {
        rmSync(home.auditLock)
        execFileSync('mkfifo', ['-m', '600', home.auditLock])
      },
      /lock file is not a regular file/,
    ],
    ['a lock that others may read', (home) => chmodSync(home.auditLock, 0o644), /others may reach/],
    [
      'a lock file that is damaged',
      (home) =>
        writeFileSync(
          home.auditLock,
          'not a database, and long enough to be looked at '.repeat(50),
        ),
      /lock file is damaged/,
    ],
    [
      'a file for the folder',
      (home) => {
        rmSync(home.dir, { recursive: true })
        writeFileSync(home.dir, '')
      },
      /its folder is not a folder/,
    ],
  ]
  test.each(cases)('%s: AUDIT_UNAVAILABLE, in words and with a hint', async (_, spoil, message) => {
    const home = tempHome()
    await writeLog(home, 1)
    spoil(home)
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.code).toBe('AUDIT_UNAVAILABLE')
    expect(failure.message).toMatch(message)
    expect(failure.hint).toBeTruthy()
  })

  test('the hint is the chmod itself, also for a path that a shell would split', async () => {
    const home = homeOf({ SECRETREF_HOME: `${tempDir()}/it's a home` })
    await writeLog(home, 1)
    chmodSync(home.dir, 0o755)
    const { hint } = await failureOf(openLog(home).append([entry()]))
    execFileSync('/bin/sh', ['-c', hint ?? 'false'])
    expect(statSync(home.dir).mode & 0o777).toBe(0o700)
  })

  test('a log of another user: AUDIT_UNAVAILABLE', async (context) => {
    if (!isRoot) skipLoudly(context, 'an audit log of another user', 'only root can make one')
    const home = tempHome()
    await writeLog(home, 1)
    chownSync(home.auditLog, 12345, 12345)
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.message).toMatch(/belongs to another user/)
  })
})

describe('while the log is open', () => {
  const cases: [string, (home: Home) => void, RegExp][] = [
    ['removed', (home) => rmSync(home.auditLog), /removed or replaced while it was open/],
    [
      'replaced by a copy',
      (home) => {
        copyFileSync(home.auditLog, `${home.auditLog}.copy`)
        renameSync(`${home.auditLog}.copy`, home.auditLog)
      },
      /removed or replaced while it was open/,
    ],
    [
      'taken away with its folder',
      (home) => renameSync(home.dir, `${dirname(home.dir)}/moved`),
      /removed or replaced/,
    ],
    ['robbed of its lock', (home) => rmSync(home.auditLock), /lock file was removed or replaced/],
  ]
  test.each(cases)('%s: AUDIT_UNAVAILABLE', async (_, spoil, message) => {
    const home = tempHome()
    const log = openLog(home)
    await log.append([entry()])
    spoil(home)
    const failure = await failureOf(log.append([entry()]))
    expect(failure.code).toBe('AUDIT_UNAVAILABLE')
    expect(failure.message).toMatch(message)
    // Once more: it does not come right by itself.
    expect(await failureOf(log.append([entry()]))).toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
  })
})
