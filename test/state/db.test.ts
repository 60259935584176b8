/** The file `state.db`: who may read it, what else may stand in its place, and many openers at once. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { credentialsOf } from '../../src/state/credentials.ts'
import { guarded, inTransaction, openDatabase, readDatabase } from '../../src/state/db.ts'
import type { Home } from '../../src/state/home.ts'
import { leasesOf } from '../../src/state/leases.ts'
import { openState, tempHome } from './folder.ts'

const unavailable = { name: 'SecretRefError', code: 'STATE_UNAVAILABLE' }

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

/** As the first version left it: its tables, and a run in them. */
function ofVersion1(): Home {
  const home = tempHome()
  const db = openState(home)
  db.exec(`DROP TABLE credentials; DROP TABLE failure_checks;
    DROP TABLE leases; DROP INDEX runs_by_end; DROP INDEX runs_by_agent; PRAGMA user_version = 1;
    INSERT INTO runs (id, agent, environment, config, config_hash, gateway_pid, started_at)
    VALUES ('r', 'a', 'e', '/c', 'h', 1, '2026-01-01T00:00:00.000Z')`)
  db.close()
  return home
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

  describe('of version 1', () => {
    test('is brought up to date, and keeps what is in it', () => {
      const home = ofVersion1()
      const db = openState(home)
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 3 })
      expect(db.prepare('SELECT id FROM runs').all()).toEqual([{ id: 'r' }])
      expect(leasesOf(db, { config: '/c', environment: 'e' })).toEqual(new Map())
      expect(credentialsOf(db, { config: '/c', environment: 'e' })).toEqual(new Map())
      openState(home)
    })

    test('is read as it is', () => {
      const home = ofVersion1()
      const db = readDatabase(home)
      expect(db?.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
      expect(db && credentialsOf(db, { config: '/c', environment: 'e' })).toEqual(new Map())
      expect(db && leasesOf(db, { config: '/c', environment: 'e' })).toEqual(new Map())
      db?.close()
    })
  })

  test('says so where its folder cannot be made', () => {
    const home = tempHome()
    writeFileSync(home.dir, 'a file')
    expect(() => openDatabase(home)).toThrow(expect.objectContaining(unavailable))
  })
})

describe('why it cannot be opened, with what helps', () => {
  test('damage: it may be deleted', () => {
    const home = tempHome()
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    writeFileSync(home.stateDb, 'x'.repeat(8192))
    for (const open of [openDatabase, readDatabase]) {
      expect(() => open(home)).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(/: it is damaged, or no database$/),
          hint: expect.stringMatching(/^delete it/),
        }),
      )
    }
  })

  test('a folder that is none: nothing is to be deleted', () => {
    const home = tempHome()
    writeFileSync(home.dir, 'a file')
    for (const open of [openDatabase, readDatabase]) {
      expect(() => open(home)).toThrow(
        expect.objectContaining({ hint: 'set SECRETREF_HOME to a folder' }),
      )
    }
  })
})

describe('readDatabase', () => {
  test('makes nothing where there is none', () => {
    const home = tempHome()
    expect(readDatabase(home)).toBeUndefined()
    expect(existsSync(home.dir)).toBe(false)
  })

  test('reads beside a writer, and after it, and leaves no files of its own', () => {
    const home = tempHome()
    const writer = openState(home)
    const count = (): unknown => {
      const db = readDatabase(home)
      try {
        return db?.prepare('SELECT count(*) AS n FROM gateways').get()
      } finally {
        db?.close()
      }
    }
    expect(count()).toEqual({ n: 0 })
    writer.exec("INSERT INTO gateways VALUES ('c', 'a', 1, NULL)")
    expect(count()).toEqual({ n: 1 })
    writer.close()
    const left = readdirSync(home.dir)
    expect(count()).toEqual({ n: 1 })
    expect(readdirSync(home.dir)).toEqual(left)
    expect(() => readDatabase(home)?.exec('DELETE FROM gateways')).toThrow(/readonly/)
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
