import { readFileSync, rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseCheckpoint, parseNote, verifyNote } from '../../src/audit/note.ts'
import type { Io } from '../../src/cli/io.ts'
import { logCheckpoint, logKey } from '../../src/cli/log-checkpoint.ts'
import type { Home } from '../../src/state/home.ts'
import { entry, failureOf, openLog, recordsIn, tear, tempHome, writeLog } from '../audit/home.ts'

/** What a command says on stdout; on stderr nothing is expected. */
async function said(home: Home, command: (io: Io) => Promise<number>): Promise<string> {
  let stdout = ''
  const io: Io = {
    program: 'secretref',
    env: {},
    cwd: '/',
    home,
    signs: true,
    now: () => new Date('2026-11-24T12:00:00.000Z'),
    out: (text) => {
      stdout += text
    },
    err: (text) => {
      throw new Error(`on stderr: ${text}`)
    },
  }
  expect(await command(io)).toBe(0)
  return stdout
}

describe('log checkpoint and log key', () => {
  test('the note is signed by the key, for all records', async () => {
    const home = tempHome()
    await writeLog(home, 3)
    const note = await said(home, logCheckpoint)
    const vkey = await said(home, logKey)
    expect(vkey).toMatch(/^secretref\/[0-9a-f]{16}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$/)
    expect(verifyNote(note, vkey.trimEnd())).toBe(true)
    expect(parseCheckpoint(parseNote(note)?.text ?? '')?.size).toBe(4)
  })

  test('what another process has not signed yet is signed, once', async () => {
    const home = tempHome()
    const log = openLog(home)
    await log.append([entry(), entry()])
    const note = await said(home, logCheckpoint)
    expect(note).toContain('\n3\n')
    expect(await said(home, logCheckpoint)).toBe(note)
    expect(readFileSync(home.checkpoints, 'utf8')).toBe(note)
    // It adds no record of its own.
    expect(recordsIn(home)).toHaveLength(3)
    await log.append([entry()])
  })

  test('an unfinished line is left for the next who writes, and on record then', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    tear(home, '{"v":1,')
    expect(await said(home, logCheckpoint)).toContain('\n2\n')
    await writeLog(home, 1)
    expect(recordsIn(home).map(({ event }) => event)).toContain('log.recovered')
  })

  test('without a log: AUDIT_UNAVAILABLE, and nothing is made', async () => {
    const home = tempHome()
    for (const command of [logCheckpoint, logKey]) {
      const failure = await failureOf(said(home, command))
      expect(failure).toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
      expect(failure.message).toContain('there is none yet')
    }
    expect(() => readFileSync(home.dir)).toThrow('ENOENT')
  })

  test('whose newest checkpoint was taken away: AUDIT_TAMPERED, nothing is signed', async () => {
    const home = tempHome()
    await writeLog(home, 3)
    const before = readFileSync(home.checkpoints, 'utf8')
    rmSync(home.checkpoint)
    expect(await failureOf(said(home, logCheckpoint))).toMatchObject({ code: 'AUDIT_TAMPERED' })
    expect(readFileSync(home.checkpoints, 'utf8')).toBe(before)
  })
})
