/** `log prove` and `log verify-proof`: what one prints the other takes, and nothing else. */
import * as fc from 'fast-check'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rootOfPath } from '../../src/audit/proof.ts'
import { parseProof, proofText } from '../../src/audit/tlog-proof.ts'
import { logProve } from '../../src/cli/log-prove.ts'
import { logVerifyProof, type ProofOptions } from '../../src/cli/log-verify-proof.ts'
import { failureOf } from '../audit/home.ts'
import { leavesOf } from '../audit/plain-tree.ts'
import {
  filesOf,
  keyOf,
  place,
  said,
  signedLog,
  write,
  type SignedLog,
} from '../audit/signed-log.ts'
import { recorded, type Recorded } from './recorded.ts'

const COUNT = 21
const log = signedLog({ records: COUNT, segments: [6, 13] })

function at(checkpoints: readonly number[], used: SignedLog = log): Recorded {
  const io = recorded()
  place(used, io.home, checkpoints)
  return io
}

async function proved(io: Recorded, seq: number): Promise<string> {
  io.stdout = ''
  expect(await logProve(io, seq)).toBe(0)
  return io.stdout
}

/** As somebody else would, who has neither log nor key. */
async function check(text: string, options: ProofOptions = {}, io = recorded()): Promise<Recorded> {
  write(join(io.cwd, 'proof'), text)
  io.stdout = ''
  expect(await logVerifyProof(io, 'proof', options)).toBe(0)
  return io
}

const proof = (): Promise<string> => proved(at([20]), 7)

describe('a proof', () => {
  test('of every record that a checkpoint covers', async () => {
    const io = at([4, 20])
    for (let seq = 1; seq <= 20; seq++) {
      const { stdout } = await check(await proved(io, seq), { key: log.vkey })
      expect(stdout).toMatch(
        new RegExp(`^ok: record ${seq} is in the log ${log.origin}, signed at 20 records\n`),
      )
      expect(JSON.parse(stdout.split('\n')[1] ?? '')).toEqual(JSON.parse(log.lines[seq - 1] ?? ''))
    }
  })

  test('is in the form of c2sp.org/tlog-proof', async () => {
    const text = await proved(at([20]), 5)
    const [first, extra = '', index, ...rest] = text.split('\n')
    expect([first, index]).toEqual(['c2sp.org/tlog-proof@v1', 'index 4'])
    expect(Buffer.from(extra.slice('extra '.length), 'base64').toString()).toBe(
      log.lines[4]?.trimEnd(),
    )
    expect(rest.slice(0, rest.indexOf('')).every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line))).toBe(
      true,
    )
    expect(text.endsWith(`\n\n${log.note(20)}`)).toBe(true)
  })

  test('is taken on the machine of the log without a key being named', async () => {
    const io = at([20])
    const { stdout } = await check(await proved(io, 9), { json: true }, io)
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      ok: true,
      origin: log.origin,
      size: 20,
      record: { seq: 9 },
    })
  })

  test('without the record’s own line has at most 2 KiB at a million records, and beyond', () => {
    const [leaf = '', hash = ''] = leavesOf(2)
    const path = Array.from({ length: 20 }, () => hash)
    const note = log.note(20).replace('\n20\n', '\n1000000\n')
    const line = Buffer.from(log.lines[4] ?? '')
    expect(rootOfPath(777_776, 1_000_000, leaf, path)).toBeDefined()
    const bytes = Buffer.byteLength(proofText(line, 777_776, path, note))
    expect(bytes - line.toString('base64').length).toBeLessThan(1200)
  })

  test('is made where older segments are gone, of what is there', async () => {
    const io = at([20])
    const [oldest = ''] = filesOf(log, io.home).keys()
    rmSync(oldest)
    for (const seq of [6, 12, 13, 20]) await check(await proved(io, seq), { key: log.vkey })
    const failure = await failureOf(logProve(io, 5))
    expect(failure).toMatchObject({
      code: 'RECORD_UNKNOWN',
      message: 'record 5 is not here any more',
    })
  })
})

describe('there is no proof', () => {
  test('of a record that no checkpoint covers yet', async () => {
    const failure = await failureOf(logProve(at([4, 9]), 10))
    expect(failure).toMatchObject({
      code: 'RECORD_UNKNOWN',
      message: 'no checkpoint covers record 10: the newest is of 9 records',
      hint: expect.stringContaining('secretref log checkpoint'),
    })
  })

  test('without a checkpoint of our own key', async () => {
    const none = await failureOf(logProve(at([]), 1))
    expect(none.message).toMatch(/there is none that the key of this machine signed$/)
    const io = at([20])
    write(io.home.checkpointKey, keyOf('another').export({ type: 'pkcs8', format: 'pem' }))
    expect((await failureOf(logProve(io, 1))).message).toBe(none.message)
  })

  test('from a log that is not the one that was signed', async () => {
    const io = at([20])
    write(io.home.auditLog, log.lines.slice(12).join('').replace('"count":15', '"count":99'))
    expect(await failureOf(logProve(io, 3))).toMatchObject({ code: 'AUDIT_TAMPERED' })
    // Nor of a record that is left of one that was cut.
    write(io.home.auditLog, log.lines.slice(12, 18).join(''))
    expect(await failureOf(logProve(io, 3))).toMatchObject({ code: 'AUDIT_TAMPERED' })
  })
})

describe('what is not accepted', () => {
  test('a key that nobody vouches for', async () => {
    const failure = await failureOf(check(await proof()))
    expect(failure).toMatchObject({
      code: 'PROOF_INVALID',
      message:
        'the proof does not hold: nobody here vouches for the key that signed the checkpoint',
      hint: expect.stringContaining('do not take it from whoever gave you the proof'),
    })
    // A key of this machine, but another one.
    const other = at([20], signedLog({ records: COUNT, key: keyOf('another') }))
    expect((await failureOf(check(await proof(), {}, other))).message).toBe(failure.message)
  })

  test('a key that did not sign', async () => {
    const { vkey } = signedLog({ records: COUNT, segments: [6, 13], key: keyOf('another') })
    expect((await failureOf(check(await proof(), { key: vkey }))).message).toMatch(
      /the checkpoint is not signed with the key that was given$/,
    )
  })

  test('a record, place, path or checkpoint of another', async () => {
    const good = parseProof(await proof())
    const other = parseProof(await proved(at([20]), 8))
    if (good === undefined || other === undefined) throw new Error('not a proof')
    const note = log.note(20)
    const forged = signedLog({ records: COUNT, say: (seq) => said(seq + 1) })
    for (const text of [
      proofText(other.line, good.index, good.path, note),
      proofText(good.line, other.index, good.path, note),
      proofText(good.line, good.index, other.path, note),
      proofText(good.line, good.index, good.path.slice(1), note),
      proofText(good.line, good.index, good.path, log.note(19)),
      proofText(good.line, good.index, good.path, forged.note(20)),
    ]) {
      expect(await failureOf(check(text, { key: log.vkey }))).toMatchObject({
        code: 'PROOF_INVALID',
        message:
          'the proof does not hold: the record is not one of those that the checkpoint is of',
      })
    }
  })

  test('any byte changed', async () => {
    const bytes = Buffer.from(await proof())
    const io = recorded()
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (byte, flip) => {
          const edited = Buffer.from(bytes)
          edited[byte] = (edited[byte] ?? 0) ^ flip
          write(join(io.cwd, 'proof'), edited)
          const failure = await failureOf(logVerifyProof(io, 'proof', { key: log.vkey }))
          expect(failure.code).toBe('PROOF_INVALID')
        },
      ),
      { numRuns: 500 },
    )
    expect(io.stdout).toBe('')
  })

  test('cut anywhere', async () => {
    const text = await proof()
    const io = recorded()
    for (let end = 0; end < text.length; end += 7) {
      write(join(io.cwd, 'proof'), text.slice(0, end))
      expect(await failureOf(logVerifyProof(io, 'proof', { key: log.vkey }))).toMatchObject({
        code: 'PROOF_INVALID',
      })
    }
  })

  test('a checkpoint that is none of those that were kept', async () => {
    const io = recorded()
    write(join(io.cwd, 'kept'), log.note(4) + log.note(20))
    await check(await proof(), { key: log.vkey, against: 'kept' }, io)
    write(join(io.cwd, 'kept'), log.note(4))
    expect(
      await failureOf(check(await proof(), { key: log.vkey, against: 'kept' }, io)),
    ).toMatchObject({
      code: 'PROOF_INVALID',
      message: 'the proof does not hold: its checkpoint is none of those that you kept',
    })
  })

  test('the same one, planted among those that were kept by somebody without the key', async () => {
    const io = recorded()
    const planted = signedLog({ records: COUNT, segments: [6, 13], key: keyOf('another') })
    write(join(io.cwd, 'kept'), log.note(4) + planted.note(20))
    const failure = await failureOf(check(await proof(), { key: log.vkey, against: 'kept' }, io))
    expect(failure.code).toBe('PROOF_INVALID')
  })

  test('a folder of keys that is none is said', async () => {
    const io = recorded()
    mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
    write(io.home.keys, '')
    expect((await failureOf(check(await proof(), {}, io))).code).toBe('AUDIT_UNAVAILABLE')
  })

  test.each([
    ['no record inside', 'extra eyJ9'],
    ['extra data that is no base64', 'extra ####'],
    ['no extra data', 'extra '],
    ['another version', undefined],
  ])('%s', async (_, extra) => {
    const text = await proof()
    const edited =
      extra === undefined ? text.replace('@v1', '@v2') : text.replace(/^extra .*$/m, extra)
    expect((await failureOf(check(edited, { key: log.vkey }))).message).toBe(
      'the proof does not hold: it is not a proof',
    )
  })
})
