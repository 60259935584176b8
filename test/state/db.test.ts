/** The file `state.db`: who may read it, what else may stand in its place, and many openers at once. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guarded, inTransaction, openDatabase } from '../../src/state/db.ts'
import type { Home } from '../../src/state/home.ts'
import { openState, tempHome } from './folder.ts'

const unavailable = { name: 'SecretRefError', code: 'STATE_UNAVAILABLE' }

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

describe('openDatabase', () => {
  test('makes it for us alone, whatever the umask', () => {
    const before = process.umask(0)
    try {
      const home = tempHome()
      const db = openState(home)
      db.exec('CREATE TABLE x (y)')
      expect(modeOf(home.dir)).toBe(0o700)
      for (const file of [home.stateDb, `${home.stateDb}-wal`, `${home.stateDb}-shm`]) {
        expect([file, modeOf(file)]).toEqual([file, 0o600])
      }
    } finally {
      process.umask(before)
    }
  })

  test('takes back a mode that lets others in', () => {
    const home = tempHome()
    openState(home).close()
    chmodSync(home.stateDb, 0o644)
    openState(home)
    expect(modeOf(home.stateDb)).toBe(0o600)
  })

  test.each<[string, (home: Home) => void]>([
    [
      'a link',
      ({ dir, stateDb }) => {
        writeFileSync(join(dir, 'victim'), '')
        symlinkSync(join(dir, 'victim'), stateDb)
      },
    ],
    ['a dangling link', ({ stateDb }) => symlinkSync('/nowhere/at/all', stateDb)],
    ['a FIFO', ({ stateDb }) => void execFileSync('mkfifo', [stateDb])],
    ['a folder', ({ stateDb }) => mkdirSync(stateDb)],
    ['a file of something else', ({ stateDb }) => writeFileSync(stateDb, 'x'.repeat(8192))],
  ])('refuses %s in its place', (_, place) => {
    const home = tempHome()
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    place(home)
    expect(() => openDatabase(home)).toThrow(expect.objectContaining(unavailable))
  })

  test('refuses the file of another version', () => {
    const home = tempHome()
    const db = openState(home)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(() => openDatabase(home)).toThrow(
      expect.objectContaining({ ...unavailable, message: `${home.stateDb} is of another version` }),
    )
  })

  test('says so where its folder cannot be made', () => {
    const home = tempHome()
    writeFileSync(home.dir, 'a file')
    expect(() => openDatabase(home)).toThrow(expect.objectContaining(unavailable))
  })
})

describe('work on it', () => {
  test('is done whole or not at all', () => {
    const db = openState()
    db.exec('CREATE TABLE t (x UNIQUE)')
    const twice = (): void =>
      inTransaction(db, () => {
        db.exec('INSERT INTO t VALUES (1)')
        db.exec('INSERT INTO t VALUES (1)')
      })
    expect(twice).toThrow(expect.objectContaining(unavailable))
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 })
    expect(inTransaction(db, () => db.exec('INSERT INTO t VALUES (2)'))).toBeUndefined()
    expect(db.prepare('SELECT x FROM t').all()).toEqual([{ x: 2 }])
  })

  test('fails in our words, which name the file and no more', () => {
    const home = tempHome()
    const db = openState(home)
    const work = (): unknown => guarded(db, () => db.prepare('SELECT * FROM nothing').all())
    expect(work).toThrow(`${home.stateDb} could not be read or written`)
  })

  test('lets a mistake of ours through as it is', () => {
    const mistake = new TypeError('ours')
    expect(() =>
      inTransaction(openState(), () => {
        throw mistake
      }),
    ).toThrow(mistake)
  })
})
