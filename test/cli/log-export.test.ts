/** `log export`: over all segments, byte by byte or as CSV, in flat memory. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leafHash } from '../../src/audit/hash.ts'
import { openAuditLog } from '../../src/audit/log.ts'
import { segmentsOf } from '../../src/audit/segments.ts'
import { logExport } from '../../src/cli/log-export.ts'
import { logShow } from '../../src/cli/log.ts'
import type { Home } from '../../src/state/home.ts'
import { entry, failureOf, tempHome, textOf, writeLog } from '../audit/home.ts'
import { hearing } from './hearing.ts'

/** A log of several segments, each of about a kilobyte. */
async function inSegments(records: number): Promise<Home> {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  writeFileSync(home.auditSettings, '{"segment": {"bytes": 1024}}', { mode: 0o600 })
  const log = openAuditLog(home)
  for (let i = 1; i <= records; i++) {
    await log.append([entry({ count: i, agent: i % 2 === 0 ? 'even' : 'odd' })])
  }
  await log.close()
  expect(segmentsOf(home).length).toBeGreaterThan(3)
  return home
}

describe('JSON Lines', () => {
  test('are the lines as they are, over all segments: the chain can be checked from them', async () => {
    const home = await inSegments(30)
    const io = hearing(home)
    expect(await logExport(io, { format: 'jsonl' })).toBe(0)
    const files = segmentsOf(home).map(({ path }) => readFileSync(path, 'utf8'))
    expect(io.stdout).toBe(files.join(''))
    let prev = '0'.repeat(64)
    for (const line of io.stdout.trimEnd().split('\n')) {
      expect(JSON.parse(line).prev).toBe(prev)
      prev = leafHash(line)
    }
  })

  test('of one agent, of a time, of an event', async () => {
    const home = await inSegments(20)
    const io = hearing(home)
    const query = { agent: 'even', event: 'grant.released', since: '2000-01-01' }
    expect(await logExport(io, { format: 'jsonl', ...query })).toBe(0)
    expect(
      io.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).count),
    ).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    const none = hearing(home)
    expect(await logExport(none, { format: 'jsonl', until: '2000-01-01' })).toBe(0)
    expect([none.stdout, none.stderr]).toEqual(['', ''])
  })

  test('no log, no lines; a file that is not there is an error', async () => {
    const io = hearing(tempHome())
    expect(await logExport(io, { format: 'jsonl' })).toBe(0)
    expect(io.stdout).toBe('')
    const failure = await failureOf(logExport(io, { format: 'jsonl', file: '/nowhere/audit.log' }))
    expect(failure.code).toBe('AUDIT_UNAVAILABLE')
  })
})

test('CSV has a header, also where there is nothing else', async () => {
  const empty = hearing(tempHome())
  expect(await logExport(empty, { format: 'csv' })).toBe(0)
  expect(empty.stdout).toMatch(/^seq,time,event,[^\n]*,prev\r\n$/)
  const home = await inSegments(20)
  const io = hearing(home)
  expect(await logExport(io, { format: 'csv' })).toBe(0)
  const lines = io.stdout.split('\r\n')
  const seqs = lines.slice(1, -1).map((line) => Number(line.split(',')[0]))
  expect(seqs).toEqual(seqs.map((_, i) => i + 1))
  expect(seqs.length).toBeGreaterThan(20)
})

test.each(['csv', 'jsonl'] as const)(
  'a line that is no record: told, passed over, exit 1 (%s)',
  async (format) => {
    const home = tempHome()
    await writeLog(home, 3)
    writeFileSync(home.auditLog, textOf(home).split('\n').with(1, '=rubbish').join('\n'))
    const io = hearing(home)
    expect(await logExport(io, { format })).toBe(1)
    expect(io.stderr).toContain('line 2 of the audit log is not a record [AUDIT_TAMPERED]')
    expect(io.stdout).not.toContain('rubbish')
    expect(io.stdout).toContain('grant.released')
  },
)

test('another log, by its name', async () => {
  const home = tempHome()
  await writeLog(home, 2)
  const file = join(home.dir, 'copy')
  writeFileSync(file, textOf(home), { mode: 0o600 })
  const io = hearing(tempHome())
  expect(await logExport(io, { format: 'jsonl', file })).toBe(0)
  expect(io.stdout).toBe(textOf(home))
})

test('a long log goes out in few pieces, each of them small', async () => {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  const line = JSON.stringify({
    v: 1,
    seq: 1,
    time: 't',
    event: 'e',
    prev: '',
    actor: {},
    pad: 'x'.repeat(1000),
  })
  writeFileSync(home.auditLog, `${line}\n`.repeat(20_000), { mode: 0o600 })
  const pieces: number[] = []
  const io = { ...hearing(home), out: (text: string) => void pieces.push(text.length) }
  expect(await logExport(io, { format: 'jsonl' })).toBe(0)
  expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(20_000 * (line.length + 1))
  expect(pieces.length).toBeLessThan(400)
  expect(Math.max(...pieces)).toBeLessThan(80 * 1024)
})

test('show and export read the same records', async () => {
  const home = await inSegments(15)
  const [one, other] = [hearing(home), hearing(home)]
  await logShow(one, { json: true })
  await logExport(other, { format: 'jsonl' })
  expect(JSON.parse(one.stdout).records).toEqual(
    other.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
})
