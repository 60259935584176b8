/** `log verify` and what the lock file, the keys and the records say that somebody else wrote. */
import { chmodSync, copyFileSync, cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { notesIn } from '../../src/audit/note.ts'
import type { Entry } from '../../src/audit/record.ts'
import { logShow } from '../../src/cli/log.ts'
import { entry, failureOf, writeLog } from '../audit/home.ts'
import { said, signedLog, write } from '../audit/signed-log.ts'
import { recorded, type Recorded } from './recorded.ts'
import { at, kinds, log, run } from './verifying.ts'

async function written(): Promise<Recorded> {
  const io = recorded()
  await writeLog(io.home, 3)
  await writeLog(io.home, 3)
  expect(await run(io, { strict: true }), io.stdout).toBe(0)
  return io
}

async function doubtful(io: Recorded, text: string): Promise<void> {
  expect(await kinds(io)).toContain('checkpoints-missing')
  expect(await run(io)).toBe(0)
  expect(io.stdout).not.toMatch(/^ok/m)
  expect(io.stdout).toContain(text)
  expect(await run(io, { strict: true })).toBe(1)
}

describe('what the lock file says was signed', () => {
  test('and no checkpoint is here any more', async () => {
    const io = await written()
    rmSync(io.home.checkpoint)
    rmSync(io.home.checkpoints)
    await doubtful(
      io,
      'note: the lock file says that 7 records were signed, and no checkpoint is here: newer ones',
    )
  })

  test('and the newest one is gone', async () => {
    const io = await written()
    rmSync(io.home.checkpoint)
    await doubtful(io, 'note: the file of the newest checkpoint, audit.checkpoint, is gone')
  })

  test('and the list is gone, or ends before it', async () => {
    const io = await written()
    const [first = ''] = notesIn(readFileSync(io.home.checkpoints, 'utf8'))
    write(io.home.checkpoints, first)
    await doubtful(io, 'audit.checkpoints, ends with one of 4 records, and one of 7 was signed')
    rmSync(io.home.checkpoints)
    await doubtful(io, 'audit.checkpoints, is gone or holds none, and one of 7 was signed')
  })

  test('and both are older', async () => {
    const io = await written()
    const [first = ''] = notesIn(readFileSync(io.home.checkpoints, 'utf8'))
    write(io.home.checkpoints, first)
    write(io.home.checkpoint, first)
    await doubtful(io, 'says that 7 records were signed, and the newest checkpoint here is of 4:')
  })

  test('the beginning of the list may be cut off after an audit', async () => {
    const io = await written()
    write(io.home.checkpoints, readFileSync(io.home.checkpoint))
    expect(await run(io, { strict: true })).toBe(0)
    await writeLog(io.home, 2)
    expect(await run(io, { strict: true })).toBe(0)
  })

  test('an older state of all files is whole: only what was kept elsewhere tells', async () => {
    const io = recorded()
    await writeLog(io.home, 3)
    const older = join(io.cwd, 'older')
    cpSync(io.home.dir, older, { recursive: true })
    await writeLog(io.home, 3)
    copyFileSync(io.home.checkpoint, join(io.cwd, 'kept'))
    rmSync(io.home.dir, { recursive: true })
    cpSync(older, io.home.dir, { recursive: true })
    chmodSync(io.home.dir, 0o700)
    expect(await run(io, { strict: true }), io.stdout).toBe(0)
    expect(await run(io, { against: 'kept' })).toBe(1)
    expect(io.stderr).toMatch(/^secretref: record 5 of the audit log was signed and is missing/)
  })

  test('a lock file that says what no writer stores is said to be damaged', async () => {
    const io = await written()
    const db = new DatabaseSync(io.home.auditLock)
    db.exec("UPDATE head SET seq = 0, hash = 'x'")
    db.close()
    expect(await failureOf(run(io))).toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: 'the audit log cannot be used: its lock file is damaged',
    })
  })
})

test('a folder of keys that is none is said', async () => {
  const io = at(log, [12])
  rmSync(io.home.keys, { recursive: true })
  write(io.home.keys, '')
  expect(await failureOf(run(io))).toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
    message: 'the audit log cannot be used: a part of its path is not a folder',
  })
  rmSync(io.home.keys)
  symlinkSync(io.home.keys, io.home.keys)
  expect((await failureOf(run(io))).code).toBe('AUDIT_UNAVAILABLE')
})

test('a record of what is no record’s type is named, and the others are shown', async () => {
  const io = at(signedLog({ records: 4, say: (seq) => (seq === 3 ? odd() : said(seq)) }))
  expect(await run(io)).toBe(1)
  expect(io.stderr).toMatch(/^secretref: record 3 of the audit log is not a record/)
  io.stdout = ''
  io.stderr = ''
  expect(await logShow(io, {})).toBe(1)
  expect(io.stderr).toMatch(/^secretref: line 3 of the audit log is not a record/)
  expect(io.stdout).toMatch(/^4 /m)
})

function odd(): Entry {
  const wrong: unknown = { toString: 1, valueOf: 1 }
  const detail = JSON.parse(JSON.stringify({ bytes: wrong }))
  return { event: 'log.recovered', actor: entry().actor, detail }
}
