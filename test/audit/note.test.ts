import * as fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  checkpointText,
  notesIn,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signatureOf,
  signNote,
  verifierKey,
  verifyNote,
} from '../../src/audit/note.ts'

const NAME = 'secretref/0123456789abcdef'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const VKEY = verifierKey(NAME, publicKey)
const TEXT = checkpointText({ origin: NAME, size: 1234, root: 'ab'.repeat(32) })
const NOTE = signNote(TEXT, NAME, privateKey)

describe('known answers', () => {
  test('a note and a key that golang.org/x/mod/sumdb/note documents', () => {
    const key = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    const note =
      'If you think cryptography is the answer to your problem,\n' +
      "then you don't know what your problem is.\n" +
      '\n' +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
    expect(parseVerifierKey(key)).toMatchObject({ name: 'PeterNeumann', keyId: 'c74f20a3' })
    expect(verifyNote(note, key)).toBe(true)
    expect(verifyNote(note.replace('answer', 'Answer'), key)).toBe(false)
  })

  test('the checkpoint of c2sp.org/tlog-checkpoint', () => {
    const text =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    expect(parseCheckpoint(text)).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      root: '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    })
    expect(checkpointText({ origin: 'o', size: 0, root: 'ff'.repeat(32) })).toBe(
      'o\n0\n//////////////////////////////////////////8=\n',
    )
  })
})

describe('a signed checkpoint', () => {
  test('reads back, and verifies with its key alone', () => {
    const note = parseNote(NOTE)
    expect(note?.text).toBe(TEXT)
    expect(note?.signatures).toMatchObject([{ name: NAME, keyId: VKEY.split('+')[1] }])
    expect(parseCheckpoint(note?.text ?? '')).toEqual({
      origin: NAME,
      size: 1234,
      root: 'ab'.repeat(32),
    })
    expect(verifyNote(NOTE, VKEY)).toBe(true)
    expect(verifyNote(NOTE, verifierKey(NAME, other.publicKey))).toBe(false)
    expect(verifyNote(NOTE, verifierKey('secretref/another', publicKey))).toBe(false)
    expect(verifyNote(NOTE, 'no key')).toBe(false)
  })

  test('one byte changed anywhere: never accepted', () => {
    const bytes = Buffer.from(NOTE)
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const edited = Buffer.from(bytes)
          edited[at] = (edited[at] ?? 0) ^ flip
          expect(verifyNote(edited.toString(), VKEY)).toBe(false)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('cut anywhere, or with something behind it: never accepted', () => {
    for (let at = 0; at < NOTE.length; at++) expect(verifyNote(NOTE.slice(0, at), VKEY)).toBe(false)
    for (const more of ['\n', ' ', 'x\n', '— \n', `— ${NAME}\n`]) {
      expect(verifyNote(NOTE + more, VKEY)).toBe(false)
    }
  })

  test('signatures of others are passed over; one that takes our name in vain spoils the note', () => {
    const [, theirs = ''] = signNote(TEXT, 'witness.example/w', other.privateKey).split('\n\n')
    expect(verifyNote(NOTE + theirs, VKEY)).toBe(true)
    expect(verifyNote(`${TEXT}\n${theirs}`, VKEY)).toBe(false)
    const [, forged = ''] = signNote('other\n', NAME, privateKey).split('\n\n')
    const note = parseNote(NOTE + forged)
    const key = parseVerifierKey(VKEY)
    expect(note && key && signatureOf(note, key)).toBe('bad')
    expect(verifyNote(NOTE + forged, VKEY)).toBe(false)
    expect(verifyNote(forged + NOTE, VKEY)).toBe(false)
  })

  test('at least 16 signatures are read, and not any number', () => {
    const [, theirs = ''] = signNote(TEXT, 'w', other.privateKey).split('\n\n')
    expect(verifyNote(NOTE + theirs.repeat(20), VKEY)).toBe(true)
    expect(parseNote(NOTE + theirs.repeat(100))).toBeUndefined()
  })

  test.each([
    ['no last newline', NOTE.slice(0, -1)],
    ['no empty line', NOTE.replace('\n\n', '\n')],
    ['a carriage return', NOTE.replace('1234', '1234\r')],
    ['a name with a plus', NOTE.replace('— secretref', '— secret+ref')],
    ['a name with a wide space', NOTE.replace('— secretref', '— secret\u2003ref')],
    ['half of a surrogate pair', NOTE.replace('1234', '12\ud800')],
    ['base64 with a space in it', NOTE.replace(/.{8}=\n$/, ' $&')],
    ['a signature of nothing', `${TEXT}\n— ${NAME} AAAAAA==\n`],
  ])('is no note: %s', (_, text) => {
    expect(parseNote(text)).toBeUndefined()
  })
})

describe('a checkpoint', () => {
  const root = Buffer.alloc(32, 7).toString('base64')

  test('may have extension lines, which mean nothing here', () => {
    expect(parseCheckpoint(`o\n5\n${root}\nextension 1\nextension 2\n`)).toMatchObject({ size: 5 })
  })

  test.each([
    `o\n5\n${root}`,
    `o\n5\n`,
    `\n5\n${root}\n`,
    `o\n\n5\n${root}\n`,
    `o\n05\n${root}\n`,
    `o\n-5\n${root}\n`,
    `o\n5e3\n${root}\n`,
    `o\n5 \n${root}\n`,
    `o\n9007199254740992\n${root}\n`,
    `o\n5\n${root.slice(4)}\n`,
    `o\n5\n${root.replace('=', '')}\n`,
    `o\n5\n${root.replaceAll('/', '_').replaceAll('B', '-')}\n`,
    `o\n5\n${root}\n\n`,
    `o\u0000\n5\n${root}\n`,
    '',
  ])('%j is none', (text) => {
    expect(parseCheckpoint(text)).toBeUndefined()
  })
})

describe('a verifier key', () => {
  test.each([
    ['another name', VKEY.replace('secretref', 'secretreg')],
    ['another key id', VKEY.replace(/\+.{8}\+/, '+00000000+')],
    ['another algorithm', VKEY.replace(/(\+.{8}\+)../, '$1Ag')],
    ['a part of it', VKEY.slice(0, -4)],
    ['a space in it', VKEY.replace('secretref', 'secret ref')],
    ['nothing', ''],
  ])('is none: %s', (_, text) => {
    expect(parseVerifierKey(text)).toBeUndefined()
  })

  test('is made of an Ed25519 key only', () => {
    const rsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(() => verifierKey(NAME, rsa.publicKey)).toThrow(TypeError)
  })
})

describe('a file of notes', () => {
  test('one after the other, whatever stands between or behind them', () => {
    expect(notesIn('')).toEqual([])
    expect(notesIn(NOTE + NOTE + NOTE)).toEqual([NOTE, NOTE, NOTE])
    expect(notesIn(`${NOTE}rubbish\n${NOTE}`)).toEqual([NOTE, `rubbish\n${NOTE}`])
    expect(notesIn(NOTE + NOTE.slice(0, 50))).toEqual([NOTE, NOTE.slice(0, 50)])
    const [, theirs = ''] = signNote(TEXT, 'w', other.privateKey).split('\n\n')
    expect(notesIn(NOTE + theirs + NOTE)).toEqual([NOTE + theirs, NOTE])
  })

  test('no byte is lost', () => {
    const piece = fc.constantFrom(NOTE, '\n', '— ', '— a b\n', 'x\n', '\n\n', NOTE.slice(0, 70))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const file = pieces.join('')
        expect(notesIn(file).join('')).toBe(file)
      }),
      { numRuns: 500 },
    )
  })
})
