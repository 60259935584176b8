/** scripts/verify_log.py, which knows docs/audit-format.md and nothing of our code, says the same. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import { entry, tempHome, writeLog } from './home.ts'
import { filesOf, keyOf, place, said, signedLog, write, type SignedLog } from './signed-log.ts'
import { lineOf } from '../../src/audit/anchor/line.ts'
import { logKey } from '../../src/cli/log-checkpoint.ts'
import type { Entry } from '../../src/audit/record.ts'
import type { Home } from '../../src/state/home.ts'
import { recorded } from '../cli/recorded.ts'

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'verify_log.py')
const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'audit')
const PYTHON = '/usr/bin/python3'
const possible =
  spawnSync(PYTHON, ['-c', 'import cryptography.hazmat.primitives.asymmetric.ed25519']).status === 0

const log = signedLog({ records: 13, segments: [8] })

beforeEach((context) => {
  if (!possible) skipLoudly(context, 'verify_log.py', 'needs python3 and python3-cryptography')
})

function verify(folder: string, vkey: string, ...kept: string[]): string {
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, folder, vkey, ...kept], {
    encoding: 'utf8',
    env: { PYTHONDONTWRITEBYTECODE: '1', LC_ALL: 'C.UTF-8' },
  })
  expect(status).toBe(stdout.startsWith('ok:') ? 0 : 1)
  return (stdout + stderr).trimEnd()
}

/** A home with this log, its files changed. */
function changed(change: (text: string, name: string) => string, used: SignedLog = log): Home {
  const home = tempHome()
  place(used, home, [5, 10, 13])
  for (const [path, text] of filesOf(used, home)) write(path, change(text, path))
  return home
}

describe('a good log', () => {
  test('the test vectors', () => {
    expect(verify(FIXTURES, log.vkey)).toBe('ok: 13 records, signed up to record 13')
  })

  test('against a checkpoint that was kept elsewhere', () => {
    const home = tempHome()
    place(log, home)
    expect(verify(home.dir, log.vkey)).toBe('bad: no checkpoint of it is signed by the key')
    const kept = join(home.dir, 'kept')
    write(kept, log.note(7) + log.note(12))
    expect(verify(home.dir, log.vkey, kept)).toBe('ok: 13 records, signed up to record 12')
  })

  test('what the writer itself leaves behind, in segments', async () => {
    const io = recorded()
    const { home } = io
    place(signedLog({ records: 1 }), home)
    rmSync(home.auditLog)
    write(home.auditSettings, JSON.stringify({ segment: { bytes: 2048 } }))
    await writeLog(home, 25)
    await logKey(io)
    expect(verify(home.dir, io.stdout.trim())).toMatch(
      /^ok: (\d+) records, signed up to record \1$/,
    )
  })

  test('whose older segment was moved away', () => {
    const home = changed((text) => text)
    rmSync([...filesOf(log, home).keys()][0] ?? '')
    expect(verify(home.dir, log.vkey)).toBe('ok: 13 records, signed up to record 13')
  })
})

/** Edits one line of a file. */
function line(seq: number, edit: (line: string) => string): (text: string) => string {
  return (text) =>
    text
      .split(/(?<=\n)/)
      .map((found) => (found.startsWith(`{"v":1,"seq":${seq},`) ? edit(found) : found))
      .join('')
}

/** From record 7 on, somebody else's. */
function otherwise(seq: number): Entry {
  return seq < 7 ? said(seq) : entry({ agent: 'somebody-else' })
}

const UNSURE = 'doubt: 13 records, signed up to record 13, and notes that cannot be used'

describe('notes that were kept elsewhere, where others could write', () => {
  function against(used: SignedLog, text: string): string {
    const home = tempHome()
    place(used, home, [used.lines.length])
    write(join(home.dir, 'kept'), text)
    return verify(home.dir, log.vkey, join(home.dir, 'kept'))
  }
  const forged = signedLog({ records: 13, segments: [8], say: otherwise })
  const inLine = `Nov 24 host secretref[7]: ${lineOf(log.note(9))}\n`
  const [, bad = ''] = log.note(4).split('\n\n')
  const torn = [1, 27, 60, 80, 140, 170].map((end) => log.note(5).slice(0, end))

  test.each([
    ['one after the other', `\n${log.note(4)}\n\n${log.note(9)}`, 'ok'],
    ['in a system log', `${inLine}Nov 24 host other: x\n`, 'ok'],
    ['both', `${log.note(4)}${inLine}`, 'ok'],
    ['behind rubbish', `rubbish\n${log.note(9)}`, 'doubt'],
    ['before rubbish', `${log.note(9)}rubbish`, 'doubt'],
    ['a bad signature behind a good one', `${log.note(9)}${bad}`, 'doubt'],
    ['a signature that is none', `${log.note(9)}— \n`, 'doubt'],
    ...torn.map((text) => [`torn: ${text.length}`, `${text}${log.note(9)}`, 'doubt']),
  ])('%s', (_, text = '', verdict = '') => {
    expect(against(log, text)).toBe(
      verdict === 'ok' ? 'ok: 13 records, signed up to record 13' : UNSURE,
    )
    expect(against(forged, text)).toMatch(/^bad: records \d to 9 are not all as signed$/)
  })

  test('a file of them that is not there', () => {
    const home = tempHome()
    place(log, home, [13])
    expect(verify(home.dir, log.vkey, join(home.dir, 'gone'))).toContain('FileNotFoundError')
  })
})

test('it is short enough to be read', () => {
  expect(readFileSync(SCRIPT, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
})

describe('a bad one: the bad record is named', () => {
  test.each([
    ['changed', line(3, (text) => text.replace('tester', 'tamper')), 'record 3 was changed'],
    [
      'changed before a checkpoint',
      line(9, (text) => text.replace('tester', 'tamper')),
      'record 9 was changed',
    ],
    ['dropped', line(4, () => ''), 'record 4 is missing, or another is in its place'],
    ['repeated', line(4, (text) => text + text), 'record 5 is missing, or another is in its place'],
    ['no JSON', line(6, () => 'x\n'), 'record 6 is not a record'],
    [
      'no JSON, though Python reads it',
      line(6, (text) => text.replace('"v":1', '"v":NaN')),
      'record 6 is not a record',
    ],
    [
      'the first',
      line(1, (text) => text.replace('tester', 'tamper')),
      'record 1 is not of the log that the key is of',
    ],
    ['the end cut off', line(13, () => ''), 'record 13 was signed and is missing'],
    [
      'what a segment states',
      line(8, (text) => text.replace(/"size":7/, '"size":6')),
      'record 8 says of earlier ones what they are not',
    ],
  ])('%s', (_, change, what) => {
    expect(verify(changed(change).dir, log.vkey)).toBe(`bad: ${what}`)
  })

  test('rewritten with its chain', () => {
    const forged = signedLog({ records: 13, segments: [8], say: otherwise })
    const home = changed((text) => text, forged)
    write(home.checkpoint, log.note(10))
    write(home.checkpoints, log.note(5) + log.note(10))
    expect(verify(home.dir, log.vkey)).toBe('bad: records 6 to 10 are not all as signed')
    // Signed anew with the key of today, only what was kept elsewhere tells.
    write(home.checkpoint, forged.note(13))
    rmSync(home.checkpoints)
    expect(verify(home.dir, log.vkey)).toBe('ok: 13 records, signed up to record 13')
    write(join(home.dir, 'kept'), log.note(9))
    expect(verify(home.dir, log.vkey, join(home.dir, 'kept'))).toBe(
      'bad: records 1 to 9 are not all as signed',
    )
  })

  test('a checkpoint that the key did not sign', () => {
    const home = changed((text) => text)
    write(home.checkpoints, log.note(5).replace('\n5\n', '\n6\n'))
    expect(verify(home.dir, log.vkey)).toBe(UNSURE)
    const kept = join(home.dir, 'kept')
    write(home.checkpoints, log.note(5))
    write(kept, log.note(5).replace('\n5\n', '\n6\n'))
    expect(verify(home.dir, log.vkey, kept)).toBe(UNSURE)
    const { vkey } = signedLog({ records: 1, key: keyOf('another') })
    expect(verify(home.dir, vkey)).toBe('bad: no checkpoint of it is signed by the key')
    expect(verify(home.dir, log.vkey.replace('secretref', 'secretreg'))).toMatch(/^bad: record 1 /)
  })
})
