/** Under strace: durable first, acknowledged after; and what a failed or interrupted sync leaves behind. */
import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { readHead } from '../../src/audit/lock.ts'
import {
  entry,
  openLog,
  recordsIn,
  tempHome,
  verify,
  writeLog,
  writeSettings,
} from '../audit/home.ts'
import { trace } from './traced.ts'

const SRC = join(import.meta.dirname, '../../src')
const WRITER = join(import.meta.dirname, 'audit-writer.ts')
const ARCHIVE = `
  const { archiveLog } = await import(${JSON.stringify(`${SRC}/audit/archive.ts`)})
  const { homeOf } = await import(${JSON.stringify(`${SRC}/state/home.ts`)})
  const actor = { type: 'user', id: 'a', pid: process.pid, uid: 0 }
  await archiveLog(homeOf(process.env), actor, new Date())`
const ALL = 'trace=write,pwrite64,fdatasync,fsync'

describe('durable before it is acknowledged', () => {
  test('every answer comes after the sync that follows its write', (context) => {
    const home = tempHome()
    const { said, calls } = trace(context, home, [ALL], [WRITER, 'a', '2', '5'])
    expect(said).toHaveLength(10)
    let unsynced = false
    let stored = 0
    for (const call of calls) {
      if (/ write\(\d+<[^>]*audit\.log>/.test(call)) unsynced = true
      else if (/ fdatasync\(\d+<[^>]*audit\.log>\) += 0/.test(call)) unsynced = false
      else if (/<\.\.\. fdatasync resumed>\) += 0/.test(call)) unsynced = false
      else if (/ write\(1<.*"ack /.test(call)) expect(unsynced).toBe(false)
      else if (/ pwrite64\(\d+<[^>]*audit\.lock-wal>, "[^"]{40,}/.test(call)) stored += 1
    }
    expect(stored).toBeGreaterThan(0)
    // The report was understood: with no sync in it, the very same loop would fail.
    expect(calls.filter((call) => / write\(1<.*"ack /.test(call))).toHaveLength(10)
    expect(calls.some((call) => / fdatasync\(\d+<[^>]*audit\.log>/.test(call))).toBe(true)
  })

  test('a new log is in its folder for good before its first line is written', (context) => {
    const home = tempHome()
    const { calls } = trace(context, home, [ALL], [WRITER, 'a', '1', '1'])
    const synced = calls.findIndex((call) => / fsync\(\d+<[^>]*\/home>\) += 0/.test(call))
    const written = calls.findIndex((call) => / write\(\d+<[^>]*audit\.log>/.test(call))
    const parent = calls.findIndex((call) => / fsync\(\d+<[^>]*\/secretref-audit-\w+>\)/.test(call))
    expect(synced).toBeGreaterThan(-1)
    expect(synced).toBeLessThan(written)
    expect(parent).toBeGreaterThan(-1)
    expect(parent).toBeLessThan(written)
  })
})

describe('a checkpoint', () => {
  test('that is the first of its name is in the folder for good, also beside an older list', async (context) => {
    const home = tempHome()
    await writeLog(home, 1)
    // As after a kill between the note in the list and its own file.
    rmSync(home.checkpoint)
    const db = new DatabaseSync(home.auditLock)
    db.exec('DELETE FROM signed')
    db.close()
    const rules = ['trace=rename,fsync']
    const { calls } = trace(context, home, rules, [WRITER, 'a', '1', '1'])
    const renamed = calls.findIndex((call) => / rename\(.*audit\.checkpoint"/.test(call))
    const synced = calls.findLastIndex((call) => / fsync\(\d+<[^>]*\/home>\) += 0/.test(call))
    expect(renamed).toBeGreaterThan(-1)
    expect(synced).toBeGreaterThan(renamed)
  })
})

describe('group commit', () => {
  test('what queued up during a sync shares the next write and the next sync', (context) => {
    const { said, calls } = trace(context, tempHome(), [ALL], [WRITER, 'a', '64', '5'])
    expect(said).toHaveLength(320)
    const writes = calls.filter((call) => / write\(\d+<[^>]*audit\.log>/.test(call))
    const syncs = calls.filter((call) => / fdatasync\(\d+<[^>]*audit\.log>/.test(call))
    // All 64 wait for the same sync, and all are back when the next batch is taken.
    expect(writes).toHaveLength(5)
    expect(syncs).toHaveLength(5)
  })
})

describe('a sync that fails', () => {
  test('is not tried again: the kernel may have dropped the pages and answer that all is well', (context) => {
    const home = tempHome()
    const rules = ['trace=fdatasync', 'inject=fdatasync:error=EIO:when=3']
    const { said, calls } = trace(context, home, rules, [WRITER, 'a', '1', '10'])
    const failure =
      'AUDIT_UNAVAILABLE the audit log cannot be used: the disk answered with an I/O error'
    expect(said).toEqual(['ack a-0-1 2', 'ack a-0-2 3', failure, failure])
    expect(calls.filter((call) => /audit\.log>/.test(call))).toHaveLength(3)
    // The third record stands in the file, but nobody was told that it is durable.
    expect(recordsIn(home)).toHaveLength(4)
    expect(readHead(home.auditLock)?.seq).toBe(3)
  })
})

describe('a disk that does not answer', () => {
  test.for(['fdatasync', 'write'])(
    '%s: refused when the time is up, also what comes after; the agent is not held up',
    (call, context) => {
      const home = tempHome()
      // From the third on; the writer goes on by itself when the disk is back.
      const rules = [`trace=${call}`, `inject=${call}:delay_enter=900000:when=3`]
      const { said } = trace(context, home, rules, [WRITER, 'a', '1', '10'], {
        paths: [home.auditLog],
        env: { DISK_TIMEOUT_MS: '200' },
      })
      const failure =
        'AUDIT_UNAVAILABLE the audit log cannot be used: the disk has not answered for 0.2 seconds'
      expect(said).toEqual(['ack a-0-1 2', 'ack a-0-2 3', failure, failure, 'ticks: many'])
      // Nobody was told of the third record, and nothing came after it.
      expect(recordsIn(home).length).toBeLessThanOrEqual(4)
      expect(verify(home)).toMatchObject({ torn: 0 })
      expect(verify(home).bad).toBeUndefined()
    },
  )

  test('while a checkpoint is written: said once, and what comes after is refused at once', (context) => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 3 } })
    const rules = ['trace=fdatasync', 'inject=fdatasync:delay_enter=900000:when=1']
    const { said } = trace(context, home, rules, [WRITER, 'a', '1', '10'], {
      paths: [home.checkpoints],
      env: { DISK_TIMEOUT_MS: '200' },
    })
    const failure = 'the audit log cannot be used: the disk has not answered for 0.2 seconds'
    expect(said).toEqual([
      'ack a-0-1 2',
      'ack a-0-2 3',
      `no checkpoint could be signed: ${failure}`,
      `AUDIT_UNAVAILABLE ${failure}`,
      `AUDIT_UNAVAILABLE ${failure}`,
      'ticks: many',
    ])
    expect(verify(home)).toMatchObject({ records: 3, torn: 0 })
  })
})

describe('the acknowledged head', () => {
  test('never leads: killed before the sync has ended, a log that lost the record is still good', async (context) => {
    const home = tempHome()
    const rules = ['trace=fdatasync', 'inject=fdatasync:signal=KILL:when=3']
    const { said } = trace(context, home, rules, [WRITER, 'a', '1', '10'])
    expect(said).toEqual(['ack a-0-1 2', 'ack a-0-2 3'])
    expect(recordsIn(home)).toHaveLength(4)
    const head = readHead(home.auditLock)
    expect(head?.seq).toBeLessThanOrEqual(3)

    // What a power failure may leave of it.
    truncateSync(home.auditLog, head?.size)
    const [next] = await openLog(home).append([entry()])
    expect(next?.seq).toBe((head?.seq ?? 0) + 1)
    expect(verify(home).bad).toBeUndefined()
  })

  test('of a log that begins anew is on the disk when it takes the place of a larger one', async (context) => {
    const home = tempHome()
    const log = openLog(home)
    await log.append([entry(), entry(), entry()])
    // Open elsewhere, so that no last one to close tidies up and syncs by the way.
    const rules = ['trace=pwrite64,fdatasync,fsync,rename']
    const { calls } = trace(context, home, rules, ['--input-type=module', '--eval', ARCHIVE])
    const renamed = calls.findIndex((call) => / rename\(/.test(call))
    expect(renamed).toBeGreaterThan(-1)
    const after = calls.slice(renamed)
    const stored = after.findLastIndex((call) => / pwrite64\(\d+<[^>]*audit\.lock-wal>/.test(call))
    const synced = after.findLastIndex((call) =>
      / f(?:data)?sync\(\d+<[^>]*audit\.lock-wal>/.test(call),
    )
    expect(stored).toBeGreaterThan(-1)
    expect(synced).toBeGreaterThan(stored)
  })
})
