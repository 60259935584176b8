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
  signaturesBy,
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
    expect(notesIn(`${NOTE}rubbish\n${NOTE}`)).toEqual([NOTE, 'rubbish\n', NOTE])
    expect(notesIn(`\n${NOTE}\n\n${NOTE}\n`)).toEqual([NOTE, NOTE])
    expect(notesIn(NOTE + NOTE.slice(0, 50))).toEqual([NOTE, NOTE.slice(0, 50)])
    const [, theirs = ''] = signNote(TEXT, 'w', other.privateKey).split('\n\n')
    expect(notesIn(NOTE + theirs + NOTE)).toEqual([NOTE + theirs, NOTE])
  })

  test('a text may have lines after the third, and another name before it on its line', () => {
    const longer = signNote(`${TEXT}extension\n`, NAME, privateKey)
    expect(notesIn(`rubbish\nabc${longer}${NOTE}`)).toEqual(['rubbish\nabc', longer, NOTE])
  })

  test('a note that was torn at any byte hides nothing of the ones around it', () => {
    // All but its newline is there at the last one: an empty line behind it makes it whole.
    for (let end = 1; end < NOTE.length - 1; end++) {
      for (const between of ['', '\n']) {
        const pieces = notesIn(NOTE + NOTE.slice(0, end) + between + NOTE)
        expect(pieces.filter((piece) => piece === NOTE)).toHaveLength(2)
        expect(pieces).toHaveLength(3)
      }
    }
  })

  test('what anybody puts before or behind a note hides nothing of it', () => {
    const [, theirs = ''] = signNote(TEXT, 'w', other.privateKey).split('\n\n')
    const junk = fc.constantFrom(
      '\n',
      '\n\n',
      'x',
      'x\n',
      '— ',
      '— \n',
      '— w AAAAAAAA\n',
      '— \u0001 AAAAAAAA\n',
      theirs,
      theirs.repeat(100),
      '\n\n— w AAAAAAAA\n',
      `${NAME}\n`,
      TEXT,
      TEXT.slice(0, -1),
      NOTE.slice(5, 150),
      `0\n${'A'.repeat(43)}=\n\n— = AAAAAAAA\n`,
      '\ud800',
    )
    const some = fc.array(junk, { maxLength: 6 }).map((pieces) => pieces.join(''))
    const key = parseVerifierKey(VKEY)
    fc.assert(
      fc.property(some, some, (before, behind) => {
        // Whoever appends begins where something ended; the writer begins a line of its own.
        const found = notesIn(`${before}\n${NOTE}${behind}`).filter((piece) => {
          const note = parseNote(piece)
          return key && note?.text === TEXT && signaturesBy(note, key).good > 0
        })
        expect(found).not.toHaveLength(0)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['signature lines', '\n\n— a AAAAAAAA'.repeat(300_000)],
    ['empty lines', '\n'.repeat(4_000_000)],
    ['one long line', `${'x'.repeat(4_000_000)}\n\n— a AAAAAAAA\n`],
    ['short lines', `${'x\n'.repeat(2_000_000)}\n— a AAAAAAAA\n`],
    ['dashes', '\n\n— '.repeat(800_000)],
  ])('however large: %s', (_, file) => {
    const begun = performance.now()
    notesIn(file)
    // A second at most; what is quadratic would take minutes.
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test('no byte is lost', () => {
    const piece = fc.constantFrom(NOTE, '\n', '— ', '— a b\n', 'x\n', '\n\n', NOTE.slice(0, 70))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const file = pieces.join('')
        // But for empty lines between pieces.
        expect(notesIn(file).join('').replaceAll('\n', '')).toBe(file.replaceAll('\n', ''))
      }),
      { numRuns: 500 },
    )
  })
})
