/** The audit settings: what is meant without them, and every mistake by its key. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSettings, readSettings } from '../../src/audit/settings.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { tempHome } from './home.ts'

const DEFAULTS = {
  checkpoint: { records: 1000, seconds: 60 },
  segment: { bytes: 67_108_864, days: 30 },
  anchors: [],
}

function homeWith(settings: object | string): Home {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  const text = typeof settings === 'string' ? settings : JSON.stringify(settings)
  writeFileSync(home.auditSettings, text, { mode: 0o600 })
  return home
}

/** What a mistake in these settings is told as. */
function mistakeIn(settings: object | string): SecretRefError {
  const home = homeWith(settings)
  try {
    readSettings(home)
  } catch (error) {
    if (error instanceof SecretRefError) {
      expect(error.message).toContain(home.auditSettings)
      expect(error.scope).toBe('audit')
      return error
    }
    throw error
  }
  throw new Error('there was no mistake')
}

describe('what is meant', () => {
  test('without a file, and without a folder for it', () => {
    expect(readSettings(tempHome())).toEqual(DEFAULTS)
    expect(readSettings(homeWith({}))).toEqual(DEFAULTS)
  })

  test('what is not written keeps its default', () => {
    expect(readSettings(homeWith({ checkpoint: { seconds: 5 }, segment: {} }))).toEqual({
      ...DEFAULTS,
      checkpoint: { records: 1000, seconds: 5 },
    })
  })

  test('every anchor', () => {
    const anchors = [
      { type: 'file', path: '/mnt/other/../other/notes' },
      { type: 'syslog' },
      { type: 'syslog', address: 'udp://logs.example:514' },
      { type: 'syslog', address: 'tcp://[::1]:601' },
      { type: 'journald' },
      { type: 'command', command: ['/bin/cat', '', '-'] },
    ]
    expect(readSettings(homeWith({ anchors })).anchors).toEqual([
      { type: 'file', path: '/mnt/other/notes' },
      { type: 'syslog' },
      { type: 'syslog', address: { transport: 'udp', host: 'logs.example', port: 514 } },
      { type: 'syslog', address: { transport: 'tcp', host: '::1', port: 601 } },
      { type: 'journald' },
      { type: 'command', command: ['/bin/cat', '', '-'] },
    ])
  })
})

describe('a mistake names the file and the key', () => {
  test.each<[settings: object | string, said: string, hint: string]>([
    ['{"anchors": [],}', 'are not JSON', 'without comments'],
    ['[]', 'the whole is not an object', 'checkpoint, segment, anchors'],
    [
      { checkpoints: {} },
      'has a key "checkpoints" that is not known',
      'did you mean "checkpoint"?',
    ],
    [{ checkpoint: 5 }, 'checkpoint is not an object', 'records, seconds'],
    [{ checkpoint: { record: 5 } }, '"checkpoint" has a key "record"', 'did you mean "records"?'],
    [{ checkpoint: { records: 0 } }, 'checkpoint.records is not a whole number from 1', '1000'],
    [{ checkpoint: { seconds: 1.5 } }, 'checkpoint.seconds is not a whole', '60'],
    [{ segment: { bytes: '64 MiB' } }, 'segment.bytes is not a whole number from 1024', '67108864'],
    [{ segment: { days: null } }, 'segment.days is not', '30'],
    [{ anchors: {} }, 'anchors is not a list', '"anchors": ['],
    [{ anchors: ['x'] }, 'anchors[0].type is none of file, syslog, journald, command', '"file"'],
    [{ anchors: [{ type: 'sylog' }] }, 'anchors[0].type', 'did you mean "syslog"?'],
    [{ anchors: [{ type: '__proto__' }] }, 'anchors[0].type', 'known here: file'],
    [{ anchors: [{ type: 'file' }] }, 'anchors[0].path is not an absolute path', 'begins with /'],
    [{ anchors: [{ type: 'file', path: 'notes' }] }, 'anchors[0].path is not an absolute', '/'],
    [{ anchors: [{ type: 'file', path: '/a\0b' }] }, 'anchors[0].path is not an absolute', '/'],
    [
      { anchors: [{ type: 'journald' }, { type: 'file', paht: '/a' }] },
      '"anchors[1]" has a key "paht"',
      'did you mean "path"?',
    ],
    [
      { anchors: [{ type: 'syslog', address: 'logs.example' }] },
      'anchors[0].address is no address of a syslog server',
      'udp://HOST:514',
    ],
    [{ anchors: [{ type: 'syslog', address: 'udp://h:65536' }] }, 'anchors[0].address', 'tcp://'],
    [{ anchors: [{ type: 'syslog', address: 'tls://h:6514' }] }, 'anchors[0].address', 'tcp://'],
    [{ anchors: [{ type: 'command' }] }, 'anchors[0].command is not a list of words', 'no shell'],
    [{ anchors: [{ type: 'command', command: [] }] }, 'does not begin with the absolute', '/'],
    [{ anchors: [{ type: 'command', command: ['cat'] }] }, 'does not begin with the', '/usr'],
    [{ anchors: [{ type: 'command', command: 'cat' }] }, 'is not a list of words', '/usr'],
  ])('%j', (settings, said, hint) => {
    const mistake = mistakeIn(settings)
    expect(mistake.code).toBe('CONFIG_INVALID')
    expect(mistake.message).toContain(said)
    expect(mistake.hint).toContain(hint)
  })

  test('a file anchor lies outside of the folder of the log', () => {
    const home = tempHome()
    for (const path of [home.dir, join(home.dir, 'x'), join(home.dir, 'a', '..', 'b')]) {
      expect(() => parseSettings({ anchors: [{ type: 'file', path }] }, home)).toThrow(
        'anchors[0].path lies in the folder of the log itself',
      )
    }
    const beside = `${home.dir}-other/notes`
    expect(parseSettings({ anchors: [{ type: 'file', path: beside }] }, home).anchors).toHaveLength(
      1,
    )
  })

  test('also where the home is named by a link, and the anchor by where that leads', () => {
    const home = homeWith({})
    const dir = `${home.dir}-link`
    symlinkSync(home.dir, dir)
    const linked = homeOf({ SECRETREF_HOME: dir })
    const path = join(home.dir, 'notes')
    expect(() => parseSettings({ anchors: [{ type: 'file', path }] }, linked)).toThrow(
      'anchors[0].path lies in the folder of the log itself',
    )
  })

  test('nothing that may be a value is repeated', () => {
    const value = ['fake', 'Zq7xW2'.repeat(8)].join('')
    const places: object[] = [
      { [value]: 1 },
      { checkpoint: { [value]: 1 } },
      { checkpoint: { records: value } },
      { anchors: [{ type: value }] },
      { anchors: [{ type: 'syslog', address: value }] },
      { anchors: [{ type: 'command', command: value }] },
      { anchors: [{ type: 'command', command: [value] }] },
    ]
    for (const place of [...places, `{"a": ${value}}`]) {
      expect(JSON.stringify(mistakeIn(place))).not.toContain('Zq7xW2')
    }
  })

  test('whatever stands there: settings, or an error of ours', () => {
    const home = tempHome()
    const key = fc.constantFrom('checkpoint', 'segment', 'anchors', 'records', 'type', 'path', 'x')
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom('file', 'command', 'syslog', '/a', 1),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (document) => {
        try {
          expect(parseSettings(document, home).checkpoint.records).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(SecretRefError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a file that cannot be trusted', () => {
  test.each<[string, (home: Home) => void, string]>([
    ['others can write it', (home) => chmodSync(home.auditSettings, 0o622), 'written by others'],
    [
      'a link',
      (home) => {
        writeFileSync(join(home.dir, 'own.json'), '{}', { mode: 0o600 })
        execFileSync('rm', [home.auditSettings])
        symlinkSync('own.json', home.auditSettings)
      },
      'are a symbolic link',
    ],
    [
      'a folder',
      (home) => {
        execFileSync('rm', [home.auditSettings])
        mkdirSync(home.auditSettings)
      },
      'are not a regular file',
    ],
    [
      'a FIFO, which is not waited for',
      (home) => {
        execFileSync('rm', [home.auditSettings])
        execFileSync('mkfifo', [home.auditSettings])
      },
      'are not a regular file',
    ],
    [
      'more than settings can be',
      (home) => writeFileSync(home.auditSettings, ' '.repeat(70_000)),
      'are larger than 64 KiB',
    ],
  ])('%s', (_, spoil, said) => {
    const home = homeWith({})
    spoil(home)
    expect(() => readSettings(home)).toThrow(
      expect.objectContaining({ code: 'FILE_INSECURE', message: expect.stringContaining(said) }),
    )
  })

  test('what others may only read is taken', () => {
    const home = homeWith({ checkpoint: { records: 7 } })
    chmodSync(home.auditSettings, 0o644)
    expect(readSettings(home).checkpoint.records).toBe(7)
  })
})
