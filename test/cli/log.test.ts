import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logArchive, logShow, logVerify } from '../../src/cli/log.ts'
import type { Io } from '../../src/cli/io.ts'
import type { Home } from '../../src/state/home.ts'
import {
  entry,
  failureOf,
  openLog,
  recordsIn,
  tear,
  tempHome,
  textOf,
  verify,
  writeLog,
} from '../audit/home.ts'

interface Heard extends Io {
  stdout: string
  stderr: string
}

function ioAt(home: Home): Heard {
  const io: Heard = {
    program: 'secretref',
    env: {},
    cwd: '/',
    home,
    signs: true,
    stdout: '',
    stderr: '',
    now: () => new Date('2026-11-24T12:00:00.000Z'),
    out: (text) => {
      io.stdout += text
    },
    err: (text) => {
      io.stderr += text
    },
  }
  return io
}

/** Four records, an hour apart, the last at noon. */
async function filled(): Promise<Home> {
  const home = tempHome()
  let hour = 9
  const now = (): Date => new Date(Date.UTC(2026, 10, 24, hour, 0, 0))
  const log = openLog(home, { now })
  await log.append([entry({ agent: '支付', ref: 'stripe-api-key', decision: 'allow' })])
  hour = 10
  await log.append([
    entry({ event: 'grant.denied', agent: 'b', ref: 'r', code: 'EXPIRED', count: 3 }),
  ])
  hour = 12
  await log.append([
    entry({ event: 'run.ended', agent: 'b\u202e', command: '/bin/a\nb', exit: { code: 0 } }),
  ])
  await log.close()
  return home
}

describe('log show', () => {
  test('aligned lines, newest last, nothing that breaks a line', async () => {
    const io = ioAt(await filled())
    expect(await logShow(io, {})).toBe(0)
    expect(io.stdout).toBe(
      [
        'SEQ  TIME                      EVENT           AGENT      REF',
        '1    2026-11-24T09:00:00.000Z  log.opened      -          -',
        '2    2026-11-24T09:00:00.000Z  grant.released  支付       stripe-api-key  allow',
        '3    2026-11-24T10:00:00.000Z  grant.denied    b          r               EXPIRED count=3',
        String.raw`4    2026-11-24T12:00:00.000Z  run.ended       b\u{202e}  -               command=/bin/a\u{a}b exit=0`,
        '',
      ].join('\n'),
    )
    expect(io.stderr).toBe('')
  })

  test.each([
    [{ agent: '支付' }, [2]],
    [{ ref: 'r' }, [3]],
    [{ event: 'run.ended' }, [4]],
    [{ since: '2h' }, [3, 4]],
    [{ since: '3h', until: '2026-11-24T10:00:00Z' }, [1, 2]],
    [{ limit: 2 }, [3, 4]],
    [{ limit: 1, until: '2h' }, [2]],
    [{ limit: 100 }, [1, 2, 3, 4]],
  ])('%j', async (options, seqs) => {
    const io = ioAt(await filled())
    expect(await logShow(io, { ...options, json: true })).toBe(0)
    const shown = JSON.parse(io.stdout)
    expect(shown.version).toBe(1)
    expect(shown.records.map(({ seq }: { seq: number }) => seq)).toEqual(seqs)
  })

  test('json is the records, without a character that deceives a terminal', async () => {
    const home = await filled()
    const io = ioAt(home)
    await logShow(io, { json: true })
    expect(JSON.parse(io.stdout)).toEqual({ version: 1, records: recordsIn(home) })
    expect(io.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  test('no log, no records', async () => {
    const io = ioAt(tempHome())
    expect(await logShow(io, { json: true })).toBe(0)
    expect(JSON.parse(io.stdout)).toEqual({ version: 1, records: [] })
  })

  test('more records than fit in one page stay under one header', async () => {
    const home = tempHome()
    await openLog(home).append(Array.from({ length: 1200 }, () => entry()))
    const io = ioAt(home)
    await logShow(io, {})
    expect(io.stdout.split('\n')).toHaveLength(1203)
    expect(io.stdout.match(/^SEQ/gm)).toHaveLength(1)
  })

  test('a line that is no record is told, and the rest shown', async () => {
    const home = await filled()
    const lines = textOf(home).split('\n')
    writeFileSync(home.auditLog, lines.with(1, 'rubbish').join('\n'))
    const io = ioAt(home)
    expect(await logShow(io, {})).toBe(1)
    expect(io.stdout).toContain('run.ended')
    expect(io.stderr).toMatch(/line 2 of the audit log is not a record \[AUDIT_TAMPERED\]/)
  })

  test.each([0, -1, 1.5, Number.NaN])('--limit %d is a mistake', async (limit) => {
    const failure = await failureOf(logShow(ioAt(tempHome()), { limit }))
    expect(failure.code).toBe('USAGE')
  })
})

describe('log verify', () => {
  test('a whole log', async () => {
    const home = await filled()
    const io = ioAt(home)
    expect(await logVerify(io, {})).toBe(0)
    expect(io.stdout).toMatch(
      /^ok: 4 records, the chain is whole\nlast: 2026-11-24T12:00:00.000Z, [0-9a-f]{64}\nacknowledged: up to record 4\n$/,
    )
    expect(io.stderr).toBe('')
  })

  test('a changed record is named; exit 1', async () => {
    const home = await filled()
    writeFileSync(home.auditLog, textOf(home).replace('"EXPIRED"', '"TIMEOUT"'))
    const io = ioAt(home)
    expect(await logVerify(io, { json: true })).toBe(1)
    expect(JSON.parse(io.stdout)).toMatchObject({
      version: 1,
      ok: false,
      bad: { seq: 3, damage: 'changed' },
    })
    expect(io.stderr).toMatch(
      /^secretref: record 3 of the audit log was changed \[AUDIT_TAMPERED\]\n/,
    )
  })

  test('a log that was cut, or taken away', async () => {
    const home = await filled()
    truncateSync(home.auditLog, textOf(home).lastIndexOf('{'))
    const cut = ioAt(home)
    expect(await logVerify(cut, {})).toBe(1)
    expect(cut.stderr).toMatch(/record 4 of the audit log was acknowledged and is missing/)
    rmSync(home.auditLog)
    const gone = ioAt(home)
    expect(await logVerify(gone, {})).toBe(1)
    expect(gone.stderr).toMatch(/record 1 of the audit log was acknowledged and is missing/)
  })

  test('what is not damage is noted', async () => {
    const home = await filled()
    tear(home, '{"v"')
    rmSync(home.auditLock)
    const io = ioAt(home)
    expect(await logVerify(io, {})).toBe(0)
    expect(io.stderr).toBe(
      'note: 4 bytes behind the last record; the next start recovers them\n' +
        'note: no acknowledged head is known, so a cut at the end cannot be seen\n',
    )
  })

  test('nothing to verify is not "ok"', async () => {
    expect(await failureOf(logVerify(ioAt(tempHome()), {}))).toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: 'there is no audit log yet',
    })
  })
})

describe('log archive', () => {
  test('keeps what is left and begins a log that says so, to which can be appended again', async () => {
    const home = await filled()
    const cut = textOf(home).lastIndexOf('{')
    truncateSync(home.auditLog, cut)
    const left = textOf(home)
    expect(await failureOf(openLog(home).append([entry()]))).toMatchObject({
      code: 'AUDIT_TAMPERED',
    })

    const io = ioAt(home)
    expect(await logArchive(io, { yes: true })).toBe(0)
    const file = 'audit.log.20261124T120000000Z'
    expect(io.stdout).toContain(file)
    expect(readFileSync(join(home.dir, file), 'utf8')).toBe(left)
    await writeLog(home, 1)
    const [first, second] = recordsIn(home)
    expect(first).toMatchObject({
      seq: 1,
      event: 'log.archived',
      prev: '0'.repeat(64),
      detail: { file, size: cut, seq: 3, acknowledged: 4 },
    })
    expect(first?.detail?.['hash']).toMatch(/^[0-9a-f]{64}$/)
    expect(second).toMatchObject({ seq: 2, event: 'grant.released' })
    expect(verify(home)).toMatchObject({ records: 2, acknowledged: 2 })
  })

  test('a log that is gone is on record too', async () => {
    const home = await filled()
    rmSync(home.auditLog)
    expect(await logArchive(ioAt(home), { yes: true })).toBe(0)
    expect(recordsIn(home)[0]?.detail).toEqual({ file: 'missing', acknowledged: 4 })
    await writeLog(home, 1)
    expect(verify(home).records).toBe(2)
  })

  test('whoever has the old log open is refused from then on', async () => {
    const home = await filled()
    const log = openLog(home)
    await log.append([entry()])
    await logArchive(ioAt(home), { yes: true })
    expect(await failureOf(log.append([entry()]))).toMatchObject({
      message: 'the audit log cannot be used: its file was removed or replaced while it was open',
    })
    expect(recordsIn(home)).toHaveLength(1)
  })

  test.each([
    ['more than a record can be, without a newline', 'x'.repeat(3_000_000)],
    ['a line longer than a record', `${'x'.repeat(3_000_000)}\n`],
    ['a line that is no record', 'hello\n'],
    ['NUL bytes', '\0'.repeat(5000)],
  ])('whatever stands at its end: %s', async (_, damage) => {
    const home = await filled()
    tear(home, damage)
    const { size } = statSync(home.auditLog)
    expect(await logArchive(ioAt(home), { yes: true })).toBe(0)
    await writeLog(home, 1)
    expect(recordsIn(home)[0]).toMatchObject({
      event: 'log.archived',
      detail: { size, acknowledged: 4 },
    })
    expect(verify(home)).toMatchObject({ records: 2, acknowledged: 2 })
  })

  test('an archive is never overwritten', async () => {
    const home = await filled()
    await logArchive(ioAt(home), { yes: true })
    expect(await failureOf(logArchive(ioAt(home), { yes: true }))).toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
    })
    expect(verify(home).records).toBe(1)
  })

  test('what a killed archive left behind does not stop the next one', async () => {
    const home = await filled()
    writeFileSync(`${home.auditLog}.new`, 'left behind')
    await logArchive(ioAt(home), { yes: true })
    expect(recordsIn(home)).toHaveLength(1)
    expect(readdirSync(home.dir)).not.toContain('audit.log.new')
  })

  test('without --yes and without a terminal nothing happens', async () => {
    const home = await filled()
    const before = textOf(home)
    expect(await failureOf(logArchive(ioAt(home), {}))).toMatchObject({ code: 'USAGE' })
    expect(textOf(home)).toBe(before)
  })

  test('there must be something to archive', async () => {
    expect(await failureOf(logArchive(ioAt(tempHome()), { yes: true }))).toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
    })
  })
})
