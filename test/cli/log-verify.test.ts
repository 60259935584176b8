/** `log verify` against what was signed, here and elsewhere; what it says and how it ends. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lineOf } from '../../src/audit/anchor/line.ts'
import { logArchive } from '../../src/cli/log.ts'
import { entry, failureOf, writeLog } from '../audit/home.ts'
import { filesOf, keyOf, place, signedLog, write } from '../audit/signed-log.ts'
import { recorded, type Recorded } from './recorded.ts'
import { at, COUNT, forged, found, kept, kinds, log, run } from './verifying.ts'

const NO_HEAD = 'note: no acknowledged head is known, so a cut at the end cannot be seen\n'

describe('the checkpoints of the log itself', () => {
  test('vouch, and say up to where', async () => {
    const io = at(log, [4, 8])
    expect(await run(io)).toBe(0)
    expect(io.stdout.split('\n').slice(2).join('\n')).toBe(
      `signed: up to record 8\n${NO_HEAD}note: no checkpoint covers what follows record 8 yet; \`secretref log checkpoint\` signs it\n`,
    )
    expect(await found(io)).toMatchObject({
      version: 1,
      ok: true,
      first: 1,
      records: COUNT,
      tree: { origin: log.origin },
      checkpoints: { signed: 8, agreed: 2, disputed: [] },
    })
  })

  test('a clean log with its lock file passes when strict', async () => {
    const io = recorded()
    await writeLog(io.home, 5)
    expect(await run(io, { strict: true })).toBe(0)
    expect(io.stdout).toMatch(/^ok: 6 records, .*\nlast: .*\nacknowledged: .*6\nsigned: .*6\n$/)
  })

  test('a rewrite between two of them', async () => {
    const io = at(forged)
    write(io.home.checkpoints, [2, 4, 9].map((size) => log.note(size)).join(''))
    expect(await run(io)).toBe(1)
    expect(io.stderr).toMatch(
      /^secretref: records 5 to 9 of the audit log are not all those that were signed \[AUDIT_TAMPERED\]\n/,
    )
    expect(io.stdout).toBe('')
  })

  test('a cut, and the newest one is enough', async () => {
    const io = at(log)
    write(io.home.auditLog, log.lines.slice(0, 7).join(''))
    write(io.home.checkpoint, log.note(9))
    expect(await run(io)).toBe(1)
    expect(io.stderr).toMatch(
      /^secretref: record 8 of the audit log was signed and is missing: the log ends before it \[AUDIT_TAMPERED\]\n/,
    )
  })

  test('none at all leaves a doubt', async () => {
    const io = at(log)
    expect(await kinds(io)).toEqual(['no-head', 'unsigned'])
    expect(await run(io, { strict: true })).toBe(1)
  })

  test('one that names the key and is not signed by it, and pieces of one, are told', async () => {
    const io = at(log, [4])
    const other = signedLog({ records: COUNT, key: keyOf('another') })
    const [text, mine = ''] = log.note(8).split(/(?<=\n\n)/)
    const [, theirs = ''] = other.note(8).split(/(?<=\n\n)/)
    const forgedNote = text + mine.slice(0, 40) + theirs.slice(40)
    write(io.home.checkpoints, `${log.note(4)}${forgedNote}rubbish\n\n— \n`)
    expect(await kinds(io)).toEqual(['no-head', 'forged', 'torn', 'not-signed-yet'])
    write(io.home.checkpoints, `${log.note(4)}${forgedNote}rubbish\n${log.note(8)}${log.note(4)}`)
    expect(await kinds(io)).toEqual(['no-head', 'forged', 'unreadable', 'not-signed-yet'])
    expect(await run(io)).toBe(0)
    expect(await run(io, { strict: true })).toBe(1)
  })

  test('one that a writer has not written to its end is no doubt', async () => {
    const io = recorded()
    await writeLog(io.home, 5)
    const note = readFileSync(io.home.checkpoint)
    for (let end = 1; end < note.length; end += 10) {
      write(io.home.checkpoints, Buffer.concat([note, note.subarray(0, end)]))
      expect(await run(io, { strict: true })).toBe(0)
    }
  })

  test('those of another log are damage in the list of this one', async () => {
    const io = at(signedLog({ records: COUNT, say: () => entry() }))
    write(io.home.checkpoints, log.note(4))
    expect(await run(io)).toBe(1)
    expect(io.stderr).toMatch(/^secretref: record 1 of the audit log is not the one that the/)
  })

  test('by another key they accuse and do not vouch', async () => {
    const io = at(log, [4, 8])
    write(io.home.checkpointKey, keyOf('another').export({ type: 'pkcs8', format: 'pem' }))
    expect(await kinds(io)).toEqual(['no-head', 'unknown-key'])
    expect(await run(io)).toBe(0)
    expect(io.stdout).not.toMatch(/^ok|^signed/m)
    expect(io.stdout).toContain('could not be checked: they are signed with another key\n')

    place(forged, io.home)
    write(io.home.checkpointKey, keyOf('another').export({ type: 'pkcs8', format: 'pem' }))
    expect(await run(io)).toBe(1)
    expect(io.stderr).toMatch(
      /^secretref: a checkpoint of 8 records, signed by a key that is not known here, does not fit the audit log \[AUDIT_TAMPERED\]\n/,
    )
  })

  test('a key is not made where there is none', async () => {
    const io = at(log, [8])
    rmSync(io.home.checkpointKey)
    await run(io)
    expect(io.stdout).toContain('could not be checked: no key is known here; give the public key')
    expect(existsSync(io.home.checkpointKey)).toBe(false)
  })

  test('a key file that is damaged is said, and not quoted', async () => {
    const io = at(log, [8])
    write(io.home.checkpointKey, '-----BEGIN PRIVATE KEY-----\nFAKE\n-----END PRIVATE KEY-----\n')
    const failure = await failureOf(run(io))
    expect(failure.code).toBe('AUDIT_UNAVAILABLE')
    expect(failure.message).toBe('the audit log cannot be used: its signing key is damaged')
    expect(failure.hint).not.toContain('FAKE')
  })
})

describe('--against', () => {
  test('agrees with what was kept', async () => {
    const io = at(log, [12])
    const against = kept(io, log.note(5) + log.note(9))
    expect(await run(io, { against })).toBe(0)
    expect(io.stdout).toContain('signed: up to record 12\nagrees with kept: up to record 9\n')
    expect(io.stdout).toContain(NO_HEAD)
  })

  test('finds a whole rewrite by somebody who holds the key of today', async () => {
    const io = at(forged, [3, 6, 9, 12])
    expect(await run(io)).toBe(0)
    const against = kept(io, log.note(4) + log.note(9))
    expect(await run(io, { against })).toBe(1)
    expect(io.stderr).toMatch(/records 5 to 9 of the audit log are not all those that were signed/)
  })

  test('from the first record on, and with a new key', async () => {
    const anew = signedLog({ records: COUNT, say: () => entry(), key: keyOf('another') })
    const io = at(anew, [12])
    const against = kept(io, log.note(9))
    expect(await run(io, { against })).toBe(1)
    expect(io.stderr).toMatch(/does not fit the audit log/)
    expect(await run(io, { against, key: log.vkey })).toBe(1)
    expect(io.stderr).toMatch(
      /record 1 of the audit log is not the one that the checkpoints were signed for/,
    )
  })

  test('finds every cut, whatever was done to the files of the log', async () => {
    const io = at(log)
    const against = kept(io, log.note(COUNT))
    for (let left = 1; left < COUNT; left++) {
      const cut = signedLog({ records: left })
      place(cut, io.home, [left])
      expect(await found(io, { against })).toMatchObject({
        ok: false,
        bad: { seq: left + 1, damage: 'cut' },
      })
    }
  })

  test('reads what a system log kept', async () => {
    const io = at(forged, [12])
    const lines = [4, 9].map((size) => `Nov 24 host secretref[7]: ${lineOf(log.note(size))}\n`)
    const against = kept(io, lines.join('Nov 24 host other: x\n'))
    expect(await found(io, { against })).toMatchObject({ bad: { seq: 5, to: 9 } })
  })

  test('a key that did not sign it: an error; a key that nobody gave: a doubt', async () => {
    const io = at(log, [12])
    const against = kept(io, signedLog({ records: COUNT, key: keyOf('another') }).note(9))
    expect(await run(io, { against, key: log.vkey })).toBe(1)
    expect(io.stderr).toMatch(/not signed with the key that was given \[PROOF_INVALID\]/)
    expect(await kinds(io, { against })).toEqual(['no-head', 'unknown-key'])
    rmSync(io.home.checkpointKey)
    expect(await run(io, { against })).toBe(0)
    expect(io.stdout).not.toMatch(/^ok/m)
    expect(io.stdout).toContain('the signature of 2 checkpoints could not be checked: no key')
  })

  test('a signature that is none', async () => {
    const io = at(log, [12])
    const against = kept(io, log.note(9).replace('\n9\n', '\n8\n'))
    expect(await run(io, { against })).toBe(1)
    expect(io.stderr).toMatch(
      /^secretref: a checkpoint names the key and is not signed by it \[PROOF_INVALID\]\n/,
    )
    // The log was looked at all the same.
    expect(await found(io, { against })).toMatchObject({ ok: false, records: COUNT })
  })

  test('an anchor that went on while a log was archived', async () => {
    const io = recorded()
    const anchor = join(io.cwd, 'anchor')
    mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
    write(io.home.auditSettings, JSON.stringify({ anchors: [{ type: 'file', path: anchor }] }))
    await writeLog(io.home, 3)
    expect(await run(io, { against: 'anchor', strict: true })).toBe(0)
    await logArchive(io, { yes: true })
    await writeLog(io.home, 3)
    expect(await run(io, { against: 'anchor' })).toBe(0)
    expect(await kinds(io, { against: 'anchor' })).toEqual(['archived', 'other-logs'])
    const archive = readdirSync(io.home.dir).find((name) => name.startsWith('audit.log.')) ?? ''
    const file = join(io.home.dir, archive)
    expect(await run(io, { against: 'anchor', file })).toBe(0)
    expect(await kinds(io, { against: 'anchor', file })).toEqual(['not-current', 'other-logs'])
  })

  test.each([
    ['nothing', '', /the file holds no checkpoint/],
    ['rubbish', 'rubbish\n', /the file holds no checkpoint/],
  ])('%s is no checkpoint', async (_, text, message) => {
    const io = at(log)
    const failure = await failureOf(run(io, { against: kept(io, text) }))
    expect(failure.code).toBe('USAGE')
    expect(failure.message).toMatch(message)
  })

  test('a file that is not there, or is a folder, or cannot be read', async () => {
    const io = at(log)
    const failure = await failureOf(run(io, { against: 'gone' }))
    expect(failure.message).toBe(`the checkpoint ${join(io.cwd, 'gone')} is not there`)
    expect((await failureOf(run(io, { against: '.' }))).message).toMatch(/ is not a file$/)
    expect((await failureOf(run(io, { against: 'kept/x' }))).message).toMatch(/is not there$/)
  })

  test('anybody’s file will do, of any mode', async () => {
    const io = at(log, [12])
    const against = kept(io, log.note(9))
    chmodSync(join(io.cwd, against), 0o644)
    expect(await run(io, { against })).toBe(0)
  })
})

describe('--key', () => {
  test('vouches for a copy on a machine that has no key', async () => {
    const io = at(log, [12])
    rmSync(io.home.checkpointKey)
    expect(await run(io, { key: log.vkey })).toBe(0)
    expect(io.stdout).toContain('signed: up to record 12\n')
  })

  test('that signed nothing of it', async () => {
    const io = at(log, [12])
    const { vkey } = signedLog({ records: COUNT, key: keyOf('another') })
    expect(await run(io, { key: vkey })).toBe(1)
    expect(io.stderr).toMatch(/^secretref: a checkpoint is not signed with the key that was given/)
  })

  test('that is none', async () => {
    expect(await failureOf(run(at(log), { key: 'x' }))).toMatchObject({ code: 'USAGE' })
  })
})

describe('segments', () => {
  const long = signedLog({ records: COUNT, segments: [5, 9] })
  const closed = (io: Recorded): string[] => [...filesOf(long, io.home).keys()]

  test('are one log', async () => {
    const io = at(long, [6, 12])
    expect(await run(io)).toBe(0)
    expect(io.stdout).toMatch(/^12 records, the chain is whole/)
    expect(io.stdout).toContain('signed: up to record 12\n')
  })

  test('of an archive are all verified, and against its own checkpoints', async () => {
    const io = at(long, [6, 12])
    const [first = '', ...others] = closed(io)
    const ending = '.20261124T090000000Z'
    for (const path of [first, ...others, io.home.checkpoint, io.home.checkpoints]) {
      renameSync(path, path + ending)
    }
    place(log, io.home, [12])
    const file = io.home.auditLog + ending
    expect(await run(io, { file, strict: true })).toBe(0)
    expect(io.stdout).toMatch(/^ok: 12 records, the chain is whole\n/)
    expect(io.stdout).toContain('signed: up to record 12\n')
    const text = readFileSync(first + ending, 'utf8')
    write(first + ending, text.replace('"count":3', '"count":9'))
    expect(await run(io, { file })).toBe(1)
    expect(io.stderr).toMatch(/^secretref: record 3 of .* was changed/)
    rmSync(first + ending)
    expect(await run(io, { file, strict: true })).toBe(1)
    expect(await kinds(io, { file })).toEqual(['segments-missing', 'not-current'])
  })

  test('an older one that was moved away is said', async () => {
    const io = at(long, [6, 12])
    rmSync(closed(io)[0] ?? '')
    expect(await run(io)).toBe(0)
    expect(io.stdout).toMatch(/^8 records from 5 on, the chain is whole, but not all can be told/)
    expect(io.stdout).toContain('note: records 1 to 4 are not here: older segments were moved away')
    expect(await run(io, { strict: true })).toBe(1)
  })

  test('one of them can be named alone', async () => {
    const io = at(long, [12])
    const [first = '', second = ''] = closed(io)
    expect(await run(io, { file: first })).toBe(0)
    expect(io.stdout).toMatch(/^4 records, the chain is whole, but not all can be told/)
    expect(await kinds(io, { file: first })).toEqual(['not-current', 'unsigned'])
    expect(await run(io, { file: first, strict: true })).toBe(1)
    const against = kept(io, long.note(7))
    expect(await run(io, { file: second, against })).toBe(0)
    expect(io.stdout).toContain('agrees with kept: up to record 7\n')
    expect(io.stdout).toContain('note: records 1 to 4 are not here')
  })

  test('--from the first record of one, or from one in the middle', async () => {
    const io = at(long, [6, 12])
    expect(await run(io, { from: 9 })).toBe(0)
    expect(io.stdout).toMatch(/^4 records from 9 on, the chain is whole/)
    expect(io.stdout).toContain('note: records 1 to 8 were not looked at\n')
    expect(io.stdout).toContain('signed: up to record 12\n')
    expect(await run(io, { from: 10 })).toBe(0)
    expect(io.stdout).toContain(
      'note: 2 checkpoints could not be compared: record 10 is not the first of a segment, so the tree is not known there\n',
    )
    expect(io.stdout).not.toContain('signed:')
    const failure = await failureOf(run(io, { from: 13 }))
    expect(failure).toMatchObject({ code: 'RECORD_UNKNOWN', message: 'the log has no record 13' })
  })
})

test('what the writer itself leaves behind, in many segments, is whole', async () => {
  const io = recorded()
  mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
  write(io.home.auditSettings, JSON.stringify({ segment: { bytes: 4096 } }))
  for (let i = 0; i < 3; i++) await writeLog(io.home, 20)
  expect(await run(io, { strict: true })).toBe(0)
  expect(io.stdout).toMatch(/^ok: \d\d records/)
  expect(readFileSync(io.home.auditLog, 'utf8')).toContain('"log.continued"')
})

test('the archive that a log follows is checked, also once the log goes on in another segment', async () => {
  const io = recorded()
  await writeLog(io.home, 3)
  await logArchive(io, { yes: true })
  write(io.home.auditSettings, JSON.stringify({ segment: { bytes: 2048 } }))
  await writeLog(io.home, 20)
  expect(readFileSync(io.home.auditLog, 'utf8')).toContain('"log.continued"')
  expect(await found(io)).toMatchObject({ ok: true, archive: { state: 'as-recorded' } })
  const archive = readdirSync(io.home.dir).find((name) => name.startsWith('audit.log.')) ?? ''
  appendFileSync(join(io.home.dir, archive), 'x')
  expect(await found(io)).toMatchObject({ ok: false, archive: { state: 'changed' } })
  expect(io.stderr).toMatch(/is not what it was when it was put aside/)
})
