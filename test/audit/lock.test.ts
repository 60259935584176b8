/** What a lock file says to somebody who only reads it, whoever made it. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { readHead, readStored } from '../../src/audit/lock.ts'
import { SecretRefError } from '../../src/errors.ts'
import { tempHome, writeLog } from './home.ts'

const HASH = 'ab'.repeat(32)

/** A lock file that somebody made. */
function made(sql: string): string {
  const { auditLock } = tempHome()
  mkdirSync(dirname(auditLock), { mode: 0o700 })
  const db = new DatabaseSync(auditLock)
  db.exec(sql)
  db.close()
  return auditLock
}

function refusal(path: string): string {
  try {
    readStored(path)
  } catch (error) {
    if (error instanceof SecretRefError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

const DAMAGED = 'AUDIT_UNAVAILABLE: the audit log cannot be used: its lock file is damaged'

describe('readStored', () => {
  test('says how far the log was acknowledged, and signed', async () => {
    const home = tempHome()
    expect(readStored(home.auditLock)).toEqual({})
    await writeLog(home, 3)
    expect(readStored(home.auditLock)).toMatchObject({ head: { seq: 4 }, signed: { seq: 4 } })
    expect(readHead(home.auditLock)).toMatchObject({ seq: 4 })
  })

  test.each([
    ['a number below 1', `0, '${HASH}', 10, 1, NULL`],
    ['a negative one', `-1, '${HASH}', 10, 1, NULL`],
    ['a text', `'x', '${HASH}', 10, 1, NULL`],
    ['a part of one', `1.5, '${HASH}', 10, 1, NULL`],
    ['more than a number can be', `9223372036854775807, '${HASH}', 10, 1, NULL`],
    ['more than it is exact', `9007199254740993, '${HASH}', 10, 1, NULL`],
    ['nothing', `NULL, '${HASH}', 10, 1, NULL`],
    ['no hash', `5, 'x', 10, 1, NULL`],
    ['a hash in capitals', `5, '${HASH.toUpperCase()}', 10, 1, NULL`],
    ['no size', `5, '${HASH}', 'x', 1, NULL`],
    ['a segment that begins behind it', `5, '${HASH}', 10, 6, NULL`],
  ])('a row with %s is damage', (_, row) => {
    const sql = (table: string): string =>
      `CREATE TABLE ${table} (seq, hash, size, first, tree); INSERT INTO ${table} VALUES (${row})`
    expect(refusal(made(sql('head')))).toBe(DAMAGED)
    expect(refusal(made(sql('signed')))).toBe(DAMAGED)
  })

  test('a table of other columns is damage', () => {
    expect(refusal(made('CREATE TABLE head (x); INSERT INTO head VALUES (1)'))).toBe(DAMAGED)
  })

  test.each(['head', 'signed', 'HEAD'])('a view in the place of %s is never asked', (name) => {
    const endless = `CREATE VIEW ${name} AS WITH RECURSIVE n(seq) AS
      (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT max(seq) AS seq FROM n`
    expect(refusal(made(endless))).toBe(DAMAGED)
  })
})
