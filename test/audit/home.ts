/** A home of its own for each test, and what a test needs to look into it. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readAcross } from '../../src/audit/across.ts'
import { readHead } from '../../src/audit/lock.ts'
import { openAuditLog, type AuditLog, type AuditLogOptions } from '../../src/audit/log.ts'
import { parseRecord } from '../../src/audit/read.ts'
import type { AuditRecord, Entry } from '../../src/audit/record.ts'
import { verifyChain, type Verdict } from '../../src/audit/verify.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeOf, type Home } from '../../src/state/home.ts'

/** A private folder that is gone when the test is. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-audit-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function tempHome(): Home {
  return homeOf({ SECRETREF_HOME: join(tempDir(), 'home') })
}

/** Writes `audit.json`; what is left out keeps its default. */
export function writeSettings(home: Home, settings: object): void {
  mkdirSync(home.dir, { recursive: true, mode: 0o700 })
  writeFileSync(home.auditSettings, JSON.stringify(settings), { mode: 0o600 })
}

export function openLog(home: Home, options?: AuditLogOptions): AuditLog {
  const log = openAuditLog(home, options)
  onTestFinished(() => log.close().catch(() => {}))
  return log
}

export function entry(fields: Partial<Entry> = {}): Entry {
  return {
    event: 'grant.released',
    actor: { type: 'user', id: 'tester', pid: 1, uid: 1000 },
    agent: 'payment-analyst',
    ...fields,
  }
}

/** Appends records that say 1, 2, 3… and closes. */
export async function writeLog(home: Home, count: number): Promise<void> {
  const log = openAuditLog(home)
  for (let i = 1; i <= count; i++) await log.append([entry({ count: i })])
  await log.close()
}

/** Across all its segments. */
export function recordsIn({ auditLog }: Pick<Home, 'auditLog'>): AuditRecord[] {
  return readAcross(auditLog, undefined, ({ lines }) =>
    Array.from(lines, ({ bytes, number, whole }) => {
      const record = whole ? parseRecord(bytes) : undefined
      if (record === undefined) throw new Error(`line ${number} is not a record`)
      return record
    }),
  )
}

export function textOf(home: Home): string {
  return readFileSync(home.auditLog, 'utf8')
}

export function tear(home: Home, bytes: string): void {
  appendFileSync(home.auditLog, bytes)
}

export function verify(home: Home): Verdict {
  const head = readHead(home.auditLock)
  return readAcross(home.auditLog, undefined, ({ start, lines }) =>
    verifyChain(lines, head, { start }),
  )
}

/** The error that a promise is rejected with; fails where it is not one of ours. */
export async function failureOf(promise: Promise<unknown>): Promise<SecretRefError> {
  const outcome = await promise.then(
    () => 'it was resolved',
    (error: unknown) => error,
  )
  if (outcome instanceof SecretRefError) return outcome
  throw new Error('not rejected with an error of ours', { cause: outcome })
}
