import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { archiveLog } from '../../src/audit/archive.ts'
import { leafHash } from '../../src/audit/hash.ts'
import { appendLeaf, EMPTY_RANGE, rootOf } from '../../src/audit/merkle.ts'
import {
  checkpointText,
  notesIn,
  parseCheckpoint,
  parseNote,
  signNote,
  verifyNote,
} from '../../src/audit/note.ts'
import { loadSigningKey, verifierOf } from '../../src/audit/signing-key.ts'
import type { Home } from '../../src/state/home.ts'
import {
  entry,
  failureOf,
  openLog,
  recordsIn,
  tempHome,
  textOf,
  verify,
  writeLog,
  writeSettings,
} from './home.ts'
import { keyOf } from './signed-log.ts'

function notesOf(home: Home): string[] {
  return existsSync(home.checkpoints) ? notesIn(readFileSync(home.checkpoints, 'utf8')) : []
}

/** Sizes of the checkpoints that are good: signed by the key of this home, over the log as it is. */
function signedSizes(home: Home): number[] {
  const lines = textOf(home).split('\n').slice(0, -1)
  const origin = `secretref/${leafHash(lines[0] ?? '').slice(0, 16)}`
  const vkey = verifierOf(origin, loadSigningKey(home.checkpointKey))
  return notesOf(home).map((note) => {
    expect(verifyNote(note, vkey)).toBe(true)
    const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '')
    const size = checkpoint?.size ?? 0
    const range = lines
      .slice(0, size)
      .reduce((r, line) => appendLeaf(r, leafHash(line)), EMPTY_RANGE)
    expect(checkpoint).toEqual({ origin, size, root: rootOf(range) })
    return size
  })
}

describe('a checkpoint', () => {
  test('is signed at a clean stop, and only where records were added', async () => {
    const home = tempHome()
    await writeLog(home, 2)
    await writeLog(home, 1)
    const idle = openLog(home)
    await idle.close()
    expect(signedSizes(home)).toEqual([3, 4])
    expect(readFileSync(home.checkpoint, 'utf8')).toBe(notesOf(home).at(-1))
    for (const path of [home.checkpoint, home.checkpoints, home.checkpointKey]) {
      expect(statSync(path).mode & 0o777).toBe(0o600)
    }
    expect(statSync(home.keys).mode & 0o777).toBe(0o700)
  })

  test('is signed after so many records', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 4 } })
    const log = openLog(home)
    for (let i = 0; i < 9; i++) await log.append([entry()])
    await log.checkpoint()
    expect(signedSizes(home)).toEqual([4, 8, 10])
  })

  test('is signed after so many seconds, once', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { seconds: 1 } })
    const log = openLog(home)
    await log.append([entry()])
    await log.append([entry()])
    while (!existsSync(home.checkpoint)) await setTimeout(20)
    await log.close()
    expect(signedSizes(home)).toEqual([3])
  })

  test('is asked for: signed where need be, and returned', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    const log = openLog(home)
    const signed = await log.checkpoint()
    expect(signed).toBe(readFileSync(home.checkpoint, 'utf8'))
    await log.append([entry()])
    expect(await log.checkpoint()).not.toBe(signed)
    await log.close()
    expect(signedSizes(home)).toEqual([2, 3])
  })

  test('of a log that was begun anew has another origin; the old ones are put aside with it', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    const [before = ''] = notesOf(home)
    const target = await archiveLog(home, entry().actor, new Date())
    await writeLog(home, 1)
    expect(signedSizes(home)).toEqual([2])
    expect(notesOf(home)[0]?.split('\n')[0]).not.toBe(before.split('\n')[0])
    const stamp = target?.slice(home.auditLog.length)
    expect(readFileSync(home.checkpoints + stamp, 'utf8')).toBe(before)
    expect(readFileSync(home.checkpoint + stamp, 'utf8')).toBe(before)
  })

  test('by two logs at once: each goes on from the other', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 2 } })
    const logs = [openLog(home), openLog(home)]
    for (let i = 0; i < 10; i++) await Promise.all(logs.map((log) => log.append([entry()])))
    await Promise.all(logs.map((log) => log.close()))
    const sizes = signedSizes(home)
    expect(sizes.length).toBeGreaterThan(4)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    expect(sizes.at(-1)).toBe(21)
  })

  test('behind one that a power failure cut in two: what is left of that goes', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    await writeLog(home, 1)
    truncateSync(home.checkpoints, statSync(home.checkpoints).size - 20)
    await writeLog(home, 1)
    expect(signedSizes(home)).toEqual([2, 4])
  })
})

/**
 * Takes the place of all but its records 1 to `kept`, as somebody can who writes all files and has not
 * the key; chain, tree and lock file fit the new records.
 */
async function forge(home: Home, kept: number): Promise<void> {
  const other = tempHome()
  if (kept > 0) {
    mkdirSync(other.dir, { mode: 0o700 })
    const lines = textOf(home).split('\n').slice(0, kept)
    writeFileSync(other.auditLog, `${lines.join('\n')}\n`, { mode: 0o600 })
  }
  const log = openLog(other)
  await log.append([entry({ reason: 'forged' }), entry(), entry(), entry()])
  await log.close()
  copyFileSync(other.auditLog, home.auditLog)
  copyFileSync(other.auditLock, home.auditLock)
}

describe('a log that is not what was signed', () => {
  const cases: [string, (home: Home) => void | Promise<void>, RegExp][] = [
    [
      'cut behind the acknowledged head of an older lock file',
      (home) => {
        truncateSync(home.auditLog, Buffer.byteLength(`${textOf(home).split('\n')[0]}\n`))
        const db = new DatabaseSync(home.auditLock)
        db.exec('DELETE FROM head')
        db.close()
      },
      /signs 4 records .* ends at record 1/,
    ],
    [
      'rewritten from its third record on',
      (home) => forge(home, 2),
      /are not those that were signed/,
    ],
    ['another log', (home) => forge(home, 0), /not one of this audit log/],
    [
      'without its newest checkpoint and all others',
      (home) => {
        for (const path of [home.checkpoint, home.checkpoints]) rmSync(path)
      },
      /last signed checkpoint .* is gone/,
    ],
    [
      'without its newest checkpoint, and an older one at the end of the list',
      async (home) => {
        const older = readFileSync(home.checkpoints)
        await writeLog(home, 1)
        writeFileSync(home.checkpoints, older)
        rmSync(home.checkpoint)
      },
      /last signed checkpoint .* is gone/,
    ],
    [
      'without its newest checkpoint, and a list that was signed by another key',
      (home) => {
        const { origin, size, root } = parseCheckpoint(
          parseNote(notesOf(home)[0] ?? '')?.text ?? '',
        ) ?? {
          origin: '',
          size: 0,
          root: '',
        }
        const other = keyOf('another key')
        writeFileSync(
          home.checkpoints,
          signNote(checkpointText({ origin, size, root }), origin, other),
        )
        rmSync(home.checkpoint)
      },
      /last signed checkpoint .* is gone/,
    ],
    [
      'with a checkpoint whose root was changed',
      (home) => {
        const [origin, size, root = '', ...rest] = readFileSync(home.checkpoint, 'utf8').split('\n')
        const other = root.startsWith('A') ? `B${root.slice(1)}` : `A${root.slice(1)}`
        writeFileSync(home.checkpoint, [origin, size, other, ...rest].join('\n'))
      },
      /not signed by its key/,
    ],
    ['with another key', (home) => rmSync(home.checkpointKey), /not signed by its key/],
    [
      'gone, with its lock file',
      (home) => {
        rmSync(home.auditLog)
        rmSync(home.auditLock)
      },
      /does not begin with a record, and a checkpoint/,
    ],
  ]
  test.each(cases)(
    '%s: AUDIT_TAMPERED at the next start, nothing is signed',
    async (_, damage, message) => {
      const home = tempHome()
      await writeLog(home, 3)
      await damage(home)
      const before = notesOf(home)
      const log = openLog(home)
      const failure = await failureOf(log.append([entry()]))
      expect(failure).toMatchObject({ code: 'AUDIT_TAMPERED' })
      expect(failure.message).toMatch(message)
      await log.close()
      expect(notesOf(home)).toEqual(before)
    },
  )

  test('changed while it is open, in what was not signed yet: no record is written after it', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 6 } })
    const [log, other] = [openLog(home), openLog(home)]
    await log.append([entry({ count: 1 })])
    await other.append([entry({ count: 2 })])
    await other.checkpoint()
    await other.append([entry({ count: 3 })])
    await log.append([entry({ count: 4 })])
    // Same length, so that nothing but the hash can tell.
    writeFileSync(home.auditLog, textOf(home).replace('"count":3', '"count":7'))
    const failure = await failureOf(log.checkpoint())
    expect(failure.code).toBe('AUDIT_TAMPERED')
    expect(signedSizes(home)).toEqual([3])
  })
})

describe('the newest checkpoint, removed', () => {
  test('is put back where the list and the lock file agree on it, and that is recorded', async () => {
    const home = tempHome()
    await writeLog(home, 3)
    const newest = readFileSync(home.checkpoint, 'utf8')
    rmSync(home.checkpoint)
    const log = openLog(home)
    await log.append([entry()])
    expect(readFileSync(home.checkpoint, 'utf8')).toBe(newest)
    expect(statSync(home.checkpoint).mode & 0o777).toBe(0o600)
    await log.append([entry()])
    await log.close()
    expect(recordsIn(home).slice(4)).toMatchObject([
      { event: 'log.recovered', detail: { checkpoint: 4 } },
      { event: 'grant.released' },
      { event: 'grant.released' },
    ])
    expect(signedSizes(home)).toEqual([4, 7])
    expect(verify(home).bad).toBeUndefined()
  })

  test('while the log is open: nothing is signed before it is put back', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 2 } })
    const log = openLog(home)
    await log.append([entry()])
    await log.checkpoint()
    rmSync(home.checkpoint)
    for (let i = 0; i < 8; i++) await log.append([entry()])
    await log.close()
    expect(recordsIn(home).filter(({ event }) => event === 'log.recovered')).toHaveLength(1)
    expect(signedSizes(home).at(-1)).toBe(11)
    expect(readFileSync(home.checkpoint, 'utf8')).toBe(notesOf(home).at(-1))
  })

  test('is not put back without a record of it', async () => {
    const home = tempHome()
    await writeLog(home, 3)
    rmSync(home.checkpoint)
    const failure = await failureOf(openLog(home).checkpoint())
    expect(failure).toMatchObject({ code: 'AUDIT_TAMPERED' })
    expect(failure.hint).toMatch(/^the next run puts it back and records that; without it, /)
    expect(existsSync(home.checkpoint)).toBe(false)
  })
})

describe('a checkpoint that cannot be written', () => {
  test('is said once, stops no record, and is an error at a clean stop', async () => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 2 } })
    mkdirSync(home.checkpoints)
    const said: string[] = []
    const log = openLog(home, { warn: (sentence) => said.push(sentence) })
    for (let i = 0; i < 9; i++) await log.append([entry()])
    const sentence = 'the audit log cannot be used: a folder stands in its place'
    expect(said).toEqual([`no checkpoint could be signed: ${sentence}`])
    expect(await failureOf(log.close())).toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(verify(home)).toMatchObject({ records: 10, torn: 0 })
    rmSync(home.checkpoints, { recursive: true })
    await writeLog(home, 1)
    expect(signedSizes(home)).toEqual([11])
  })
})

describe('the signing key', () => {
  test.each([
    [
      'that others may reach',
      (home: Home) => chmodSync(home.checkpointKey, 0o640),
      /others may reach/,
    ],
    [
      'that is damaged',
      (home: Home) => writeFileSync(home.checkpointKey, '-----BEGIN PRIVATE KEY-----\nAAAA\n'),
      /its signing key is damaged/,
    ],
  ])('%s: AUDIT_UNAVAILABLE', async (_, spoil, message) => {
    const home = tempHome()
    await writeLog(home, 1)
    spoil(home)
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.code).toBe('AUDIT_UNAVAILABLE')
    expect(failure.message).toMatch(message)
  })
})

describe('the lock file of an earlier version', () => {
  test('gets the tree by reading the log once, and the log goes on', async () => {
    const home = tempHome()
    await writeLog(home, 4)
    for (const path of [home.checkpoint, home.checkpoints]) rmSync(path)
    const db = new DatabaseSync(home.auditLock)
    db.exec(`
      CREATE TABLE old (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,
        hash TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
      INSERT INTO old SELECT id, seq, hash, size FROM head;
      DROP TABLE head; DROP TABLE signed;
      ALTER TABLE old RENAME TO head;
      PRAGMA user_version = 1`)
    db.close()
    await writeLog(home, 1)
    expect(signedSizes(home)).toEqual([6])
    expect(verify(home)).toMatchObject({ records: 6, acknowledged: 6 })
    expect(recordsIn(home).map(({ event }) => event)).not.toContain('log.recovered')
  })

  test('of a later version is refused in words', async () => {
    const home = tempHome()
    await writeLog(home, 1)
    const db = new DatabaseSync(home.auditLock)
    db.exec('PRAGMA user_version = 99')
    db.close()
    const failure = await failureOf(openLog(home).append([entry()]))
    expect(failure.message).toMatch(/made by a later version/)
  })
})
