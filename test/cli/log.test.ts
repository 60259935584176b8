import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { whatIsLeft } from '../../src/audit/archived.ts'
import { EMPTY, link } from '../../src/audit/chain.ts'
import { logVerify } from '../../src/cli/log-verify.ts'
import { logArchive, logShow } from '../../src/cli/log.ts'
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
        'SEQ  TIME                  EVENT           AGENT      REF',
        '1    2026-11-24T09:00:00Z  log.opened      -          -',
        '2    2026-11-24T09:00:00Z  grant.released  支付       stripe-api-key  allow',
        '3    2026-11-24T10:00:00Z  grant.denied    b          r               EXPIRED count=3',
        String.raw`4    2026-11-24T12:00:00Z  run.ended       b\u{202e}  -               command=/bin/a\u{a}b exit=0`,
        '',
      ].join('\n'),
    )
    expect(io.stderr).toBe('')
  })

  test('details stand in one order, and what is long is shortened; json has all of it', async () => {
    const home = tempHome()
    const version = 'v1.0123456789abcdef'
    const long = entry({
      ref: 'r',
      envVar: 'KEY',
      provider: 'file',
      decision: 'allow',
      secret: { version, expiresAt: '2027-11-25T04:12:00.000Z' },
      exit: { code: 0 },
      detail: { z: 1, hash: 'ab'.repeat(32), a: 'v1.0123456789abcdef' },
    })
    await openLog(home).append([long, entry({ secret: { version: '7' } })])
    const io = ioAt(home)
    await logShow(io, { event: 'grant.released' })
    expect(io.stdout.split('\n')[1]).toMatch(
      /  r    allow env=KEY provider=file exit=0 expires=2027-11-25T04:12Z version=v1\.01234… a=v1\.0123456789abcdef hash=abababab… z=1$/,
    )
    expect(io.stdout.split('\n')[2]).toMatch(/ version=7$/)
    const machine = ioAt(home)
    await logShow(machine, { event: 'grant.released', json: true })
    expect(JSON.parse(machine.stdout).records[0]).toMatchObject(long)
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
      /^ok: 4 records, the chain is whole\nlast: 2026-11-24T12:00:00.000Z, [0-9a-f]{64}\nacknowledged: up to record 4\nsigned: up to record 4\n$/,
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
    expect(io.stderr).toBe('')
    expect(io.stdout.split('\n').slice(2).join('\n')).toBe(
      'signed: up to record 4\n' +
        'note: 4 bytes behind the last record; the next start recovers them\n' +
        'note: no acknowledged head is known, so a cut at the end cannot be seen\n',
    )
  })

  test('a log that was cut, and the lock file removed, is no longer praised', async () => {
    const home = tempHome()
    await writeLog(home, 18)
    const lines = textOf(home).split(/(?<=\n)/)
    expect(lines).toHaveLength(19)
    writeFileSync(home.auditLog, lines.slice(0, 5).join(''))
    rmSync(home.auditLock)
    // The checkpoints alone tell of the cut…
    expect(await failureOf(writeLog(home, 6))).toMatchObject({ code: 'AUDIT_TAMPERED' })
    const told = ioAt(home)
    expect(await logVerify(told, {})).toBe(1)
    expect(told.stderr).toMatch(/record 6 of the audit log was signed and is missing/)
    // …and they can be removed like the rest of it.
    rmSync(home.auditLock)
    rmSync(home.checkpoint)
    rmSync(home.checkpoints)
    await writeLog(home, 6)

    const io = ioAt(home)
    expect(await logVerify(io, {})).toBe(0)
    expect(io.stdout).toMatch(
      /^12 records, the chain is whole, but not all can be told from it: see the note below\nlast: .*\nacknowledged: up to record 12, by a lock file made at record 6\nsigned: up to record 12\nnote: record 6: the lock file was missing at this start; whether records were cut before record 6 cannot be told from this log alone\n$/,
    )
    expect(io.stdout).not.toMatch(/^ok/m)

    const machine = ioAt(home)
    expect(await logVerify(machine, { json: true })).toBe(0)
    expect(JSON.parse(machine.stdout)).toMatchObject({
      ok: true,
      notes: [{ kind: 'lock-missing', seq: 6, text: expect.stringContaining('cannot be told') }],
    })
    const strict = ioAt(home)
    expect(await logVerify(strict, { json: true, strict: true })).toBe(1)
    expect(JSON.parse(strict.stdout)).toMatchObject({ ok: false, records: 12 })
    expect(await logVerify(ioAt(home), { strict: true })).toBe(1)
  })

  test('every recovery and every archive is told, and fails when strict', async () => {
    const home = await filled()
    tear(home, '{"v"')
    await writeLog(home, 1)
    const recovered = ioAt(home)
    expect(await logVerify(recovered, { strict: true })).toBe(1)
    expect(recovered.stdout).toContain(
      'note: record 5: 4 bytes of an unfinished line were cut off before it; a writer was killed, the power failed, or somebody cut the log there\n',
    )
    rmSync(home.checkpoint)
    await writeLog(home, 1)
    const putBack = ioAt(home)
    expect(await logVerify(putBack, { strict: true })).toBe(1)
    expect(putBack.stdout).toContain(
      'note: record 7: the file of the newest checkpoint, of 6 records, was gone, and was put back from the list of all; somebody removed it\n',
    )
    const { size } = statSync(home.auditLog)
    await logArchive(ioAt(home), { yes: true })
    const archived = ioAt(home)
    expect(await logVerify(archived, {})).toBe(0)
    expect(archived.stdout).toContain(
      `note: record 1: this log was begun anew: the one before was put aside as audit.log.20261124T120000000Z, ${size} bytes with record 8 at its end, and record 8 was acknowledged\n`,
    )
    expect(await logVerify(ioAt(home), { strict: true })).toBe(1)
  })

  test('a clean log passes when strict, also while a writer is at work', async () => {
    const home = await filled()
    expect(await logVerify(ioAt(home), { strict: true })).toBe(0)
    tear(home, '{"v"')
    expect(await logVerify(ioAt(home), { strict: true })).toBe(0)
    rmSync(home.auditLock)
    expect(await logVerify(ioAt(home), { strict: true })).toBe(1)
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

  test('whoever has the old log open goes on in the new one', async () => {
    const home = await filled()
    const [log, idle] = [openLog(home), openLog(home)]
    await log.append([entry({ count: 1 })])
    await idle.append([entry({ count: 2 })])
    await log.append([entry({ count: 3 })])
    await logArchive(ioAt(home), { yes: true })
    await idle.append([entry({ count: 4 })])
    await log.append([entry({ count: 5 })])
    await Promise.all([log.close(), idle.close()])
    expect(recordsIn(home).map(({ event, count }) => count ?? event)).toEqual([
      'log.archived',
      4,
      5,
    ])
    expect(verify(home)).toMatchObject({ records: 3, acknowledged: 3 })
  })

  test('what was written in the moment before is in the archive, and no head of it in the new log', async () => {
    const home = await filled()
    const log = openLog(home)
    const written = Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await setTimeout(i)
        return log.append([entry({ count: i })])
      }),
    )
    await setTimeout(8)
    await logArchive(ioAt(home), { yes: true })
    await written
    await log.close()
    const archive = { ...home, auditLog: join(home.dir, 'audit.log.20261124T120000000Z') }
    const counts = [...recordsIn(archive), ...recordsIn(home)].flatMap(({ event, count }) =>
      event === 'grant.released' && count !== undefined ? [count] : [],
    )
    expect(counts).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(verify(home).bad).toBeUndefined()
    expect(verify(home).acknowledged).toBe(verify(home).records)
  })

  test('closing one that has the old log open stores no head of it in the new log', async () => {
    const home = await filled()
    const log = openLog(home)
    await log.append([entry()])
    await logArchive(ioAt(home), { yes: true })
    await log.close()
    expect(verify(home)).toMatchObject({ records: 1, acknowledged: 1 })
  })

  test.each<[string, (home: Home) => Promise<unknown> | void]>([
    [
      'archived twice',
      async (home) => {
        await logArchive(ioAt(home), { yes: true })
        const later = { ...ioAt(home), now: () => new Date('2026-11-24T13:00:00.000Z') }
        await logArchive(later, { yes: true })
      },
    ],
    [
      'cut, then archived',
      (home) => {
        truncateSync(home.auditLog, textOf(home).lastIndexOf('{'))
        return logArchive(ioAt(home), { yes: true })
      },
    ],
    [
      'damaged, then archived',
      (home) => {
        tear(home, 'hello\n')
        return logArchive(ioAt(home), { yes: true })
      },
    ],
    [
      'gone, then archived',
      (home) => {
        rmSync(home.auditLog)
        return logArchive(ioAt(home), { yes: true })
      },
    ],
    [
      'replaced by a log that begins with another archive',
      async (home) => {
        const other = await filled()
        await logArchive(ioAt(other), { yes: true })
        renameSync(other.auditLog, home.auditLog)
      },
    ],
  ])('whoever has a log open that was %s is refused', async (_, spoil) => {
    const home = await filled()
    const log = openLog(home)
    await log.append([entry()])
    await spoil(home)
    expect(await failureOf(log.append([entry()]))).toMatchObject({
      message: 'the audit log cannot be used: its file was removed or replaced while it was open',
    })
  })

  test('a forged log.archived in place of the log is refused: the lock file knows better', async () => {
    const home = await filled()
    const log = openLog(home)
    await log.append([entry()])
    const fd = openSync(home.auditLog, 'r')
    const detail = { file: 'missing', ...whatIsLeft(fd) }
    closeSync(fd)
    const { actor } = entry()
    const { bytes } = link([{ event: 'log.archived', actor, detail }], EMPTY, 'now')
    rmSync(home.auditLog)
    writeFileSync(home.auditLog, bytes, { mode: 0o600 })
    expect(await failureOf(log.append([entry()]))).toMatchObject({ code: 'AUDIT_TAMPERED' })
  })

  test('an agent may not archive', async () => {
    const home = await filled()
    const before = textOf(home)
    const io: Io = { ...ioAt(home), env: { SECRETREF_RUN: 'r-1' } }
    expect(await failureOf(logArchive(io, { yes: true }))).toMatchObject({
      code: 'AGENT_NOT_ALLOWED',
      message: 'an agent may not archive the audit log',
    })
    expect(textOf(home)).toBe(before)
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

  const ARCHIVE = 'audit.log.20261124T120000000Z'

  test('an archive can be verified and shown', async () => {
    const home = await filled()
    await logArchive(ioAt(home), { yes: true })
    const file = join(home.dir, ARCHIVE)
    const io = ioAt(home)
    expect(await logVerify(io, { file })).toBe(0)
    expect(io.stdout).toMatch(
      /^ok: 4 records, the chain is whole\nlast: .*\nsigned: up to record 4\nnote: no lock file/,
    )
    const near = { ...ioAt(home), cwd: home.dir }
    expect(await logShow(near, { file: ARCHIVE, json: true })).toBe(0)

    writeFileSync(file, readFileSync(file, 'utf8').replace('"EXPIRED"', '"TIMEOUT"'))
    const bad = ioAt(home)
    expect(await logVerify(bad, { file })).toBe(1)
    expect(bad.stderr).toContain(`record 3 of ${file} was changed [AUDIT_TAMPERED]`)
    for (const call of [logVerify, logShow]) {
      expect(await failureOf(call(ioAt(home), { file: '/nowhere/audit.log' }))).toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
      })
    }
  })

  test.each<[string, (text: string) => string]>([
    ['one letter in its middle', (text) => text.replace('"EXPIRED"', '"TIMEOUT"')],
    ['cut', (text) => text.slice(0, text.lastIndexOf('{'))],
    ['one byte more', (text) => `${text} `],
  ])('an archive that was changed afterwards is named: %s', async (_, change) => {
    const home = await filled()
    await logArchive(ioAt(home), { yes: true })
    await writeLog(home, 1)
    const file = join(home.dir, ARCHIVE)
    writeFileSync(file, change(readFileSync(file, 'utf8')))
    const io = ioAt(home)
    expect(await logVerify(io, { json: true })).toBe(1)
    expect(JSON.parse(io.stdout)).toMatchObject({
      ok: false,
      records: 2,
      archive: { file: ARCHIVE, state: 'changed' },
    })
    expect(io.stderr).toContain(
      `the archive ${ARCHIVE} is not what it was when it was put aside [AUDIT_TAMPERED]`,
    )
  })

  test('an archive that was damaged when it was put aside is as recorded', async () => {
    const home = await filled()
    tear(home, 'x'.repeat(3_000_000))
    await logArchive(ioAt(home), { yes: true })
    const io = ioAt(home)
    expect(await logVerify(io, { json: true })).toBe(0)
    expect(JSON.parse(io.stdout)).toMatchObject({ archive: { state: 'as-recorded' } })
    expect(await logVerify(ioAt(home), { file: join(home.dir, ARCHIVE) })).toBe(1)
  })

  test('an archive that is not there any more is a note', async () => {
    const home = await filled()
    await logArchive(ioAt(home), { yes: true })
    rmSync(join(home.dir, ARCHIVE))
    const io = ioAt(home)
    expect(await logVerify(io, {})).toBe(0)
    expect(io.stdout).toContain(`note: the archive ${ARCHIVE} is not there any more`)
    expect(await logVerify(ioAt(home), { strict: true })).toBe(1)
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
