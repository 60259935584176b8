import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import type { Location, Outcome, Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/file.ts'
import { isRoot, skipLoudly } from '../loud.ts'
import {
  bytesOf,
  conformance,
  contextOf,
  expectSafe,
  fakeValues,
  only,
  type Failing,
  type Opened,
} from './conformance.ts'
import { asOrdinaryUser, giveAway, needReachableTmp, privateFolder } from './folder.ts'

const BOM = Buffer.from('\u{feff}')
const own = (field: string): Location => ({ path: '', field })

function open(options: Record<string, unknown>, signal = new AbortController().signal) {
  return provider.open(options, contextOf({ signal }))
}

/** A secrets file with this text, 0600 in a folder of ours. */
function secretsFile(content: string | Buffer, mode = 0o600): string {
  const path = join(privateFolder(), 'secrets.json')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function jsonRig(entry: (value: string) => unknown) {
  return async (values: ReadonlyMap<string, Buffer>, signal?: AbortSignal): Promise<Opened> => {
    const entries = Array.from(values, ([name, value]) => [name, entry(value.toString())])
    const path = secretsFile(JSON.stringify(Object.fromEntries(entries)))
    return { session: await open({ path }, signal), at: own }
  }
}

/** One raw file a value, each as an editor would leave it: a byte order mark, and a newline. */
function rawFolder(values: ReadonlyMap<string, Buffer>): string {
  const dir = privateFolder()
  for (const [name, value] of values) {
    writeFileSync(join(dir, name), Buffer.concat([BOM, value, Buffer.from('\n')]), { mode: 0o600 })
  }
  return dir
}

async function deniedFile(): Promise<Failing> {
  const path = secretsFile('{"FAKE_ONE":"fake-value-of-FAKE_ONE"}', 0o000)
  giveAway(path, join(path, '..'))
  const session = await open({ path })
  const get: Session['get'] = (items) => asOrdinaryUser(() => session.get(items))
  return { session: { get, close: () => session.close() }, at: own('FAKE_ONE') }
}

conformance('file, the article’s objects', {
  provider,
  carries: 'UTF-8',
  lists: true,
  open: jsonRig((value) => ({ value, provider: 'openclaw', createdAt: '2026-03-08T04:12:00Z' })),
  denied: deniedFile,
})
conformance('file, flat names', {
  provider,
  carries: 'UTF-8',
  lists: true,
  open: jsonRig((value) => value),
})
conformance('file, a folder', {
  provider,
  carries: 'any byte',
  lists: true,
  open: async (values, signal) => ({
    session: await open({ path: rawFolder(values) }, signal),
    at: own,
  }),
})
conformance('file, raw files by their paths', {
  provider,
  carries: 'any byte',
  open: async (values, signal) => {
    const dir = rawFolder(values)
    return { session: await open({}, signal), at: (name) => ({ path: join(dir, name) }) }
  },
})

async function read(content: unknown, field = 'FAKE_ONE'): Promise<Outcome> {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  const outcome = await only(await open({ path: secretsFile(text) }), own(field))
  if (outcome.kind !== 'value') expectSafe(outcome, fakeValues().values())
  return outcome
}

describe('a secrets file', () => {
  const value = 'fake-value-of-FAKE_ONE'

  test('an entry’s dates come with its value; other keys are somebody’s notes', async () => {
    const outcome = await read({
      FAKE_ONE: {
        value,
        provider: 'openclaw',
        createdAt: '2026-03-08T04:12:00Z',
        expiresAt: '2027-03-08T04:12:00+02:00',
        owner: { team: ['fake'] },
      },
    })
    expect(bytesOf(outcome).toString()).toBe(value)
    expect(outcome).toMatchObject({
      meta: {
        createdAt: new Date('2026-03-08T04:12:00Z'),
        expiresAt: new Date('2027-03-08T02:12:00Z'),
      },
    })
  })

  test.each([
    ['a number', { FAKE_ONE: 12345678 }, 'not-a-string'],
    ['null', { FAKE_ONE: null }, 'not-a-string'],
    ['a list', { FAKE_ONE: [value] }, 'not-a-string'],
    ['an object without a value', { FAKE_ONE: { key: value } }, 'not-a-string'],
    ['an object whose value is a number', { FAKE_ONE: { value: 1 } }, 'not-a-string'],
    ['a provider that is no string', { FAKE_ONE: { value, provider: {} } }, 'not-a-string'],
    ['a date that is no date', { FAKE_ONE: { value, expiresAt: 'next week' } }, 'bad-date'],
    ['a day that no calendar has', { FAKE_ONE: { value, expiresAt: '2026-02-30' } }, 'bad-date'],
    ['a date that is a number', { FAKE_ONE: { value, expiresAt: 1798700000 } }, 'bad-date'],
    ['a date that is null', { FAKE_ONE: { value, createdAt: null } }, 'bad-date'],
    ['a list at the top', [value], 'not-an-object'],
    ['a string at the top', JSON.stringify(value), 'not-an-object'],
    ['a cut file', `{"FAKE_ONE": "${value}`, 'not-json'],
    ['JSON5', `{FAKE_ONE: '${value}'}`, 'not-json'],
    ['a lone surrogate', `{"FAKE_ONE": "${value}\\ud800"}`, 'not-utf8'],
    ['two of that name', `{"FAKE_ONE": "${value}", "FAKE_ONE": "fake"}`, 'duplicate-key'],
    ['two of another name', `{"FAKE_ONE": "${value}", "x": 1, "x": 2}`, 'duplicate-key'],
    ['two inside an entry', `{"FAKE_ONE": {"value": "${value}", "value": "b"}}`, 'duplicate-key'],
  ])('%s is malformed, and not quoted', async (_, content, reason) => {
    expect(await read(content)).toMatchObject({
      kind: 'malformed',
      code: 'SECRET_MALFORMED',
      reason,
    })
  })

  test('bytes that are no UTF-8 are malformed', async () => {
    const path = secretsFile(
      Buffer.concat([Buffer.from('{"FAKE_ONE":"'), Buffer.from([0xff, 0x22, 0x7d])]),
    )
    expect(await only(await open({ path }), own('FAKE_ONE'))).toMatchObject({ reason: 'not-utf8' })
  })

  test('another entry that is broken does not spoil this one', async () => {
    expect(bytesOf(await read({ FAKE_ONE: value, FAKE_TWO: 1 })).toString()).toBe(value)
  })

  test('a byte order mark is skipped, and no newline is taken from a JSON value', async () => {
    const outcome = await read(`\u{feff}{"FAKE_ONE": "${value}\\n"}\n`)
    expect(bytesOf(outcome).toString()).toBe(`${value}\n`)
  })

  test('the second spelling counts only where the first is not there', async () => {
    const at = { path: '', field: 'fake-one', alias: 'fake_one' }
    const both = await open({ path: secretsFile('{"fake_one":"fake-2","fake-one":"fake-1"}') })
    expect(bytesOf(await only(both, at)).toString()).toBe('fake-1')
    const second = await open({ path: secretsFile('{"fake_one":"fake-2"}') })
    expect(bytesOf(await only(second, at)).toString()).toBe('fake-2')
    const broken = await open({ path: secretsFile('{"fake_one":"fake-2","fake-one":1}') })
    expect(await only(broken, at)).toMatchObject({ reason: 'not-a-string' })
    const dir = rawFolder(new Map([['fake_one', Buffer.from('fake-3')]]))
    expect(bytesOf(await only(await open({ path: dir }), at)).toString()).toBe('fake-3')
  })

  test('a path with a field is a key of that other file', async () => {
    const session = await open({ path: secretsFile('{"FAKE_ONE":"fake-1"}') })
    const other = secretsFile('{"FAKE_ONE":"fake-2"}')
    const outcome = await only(session, { path: other, field: 'FAKE_ONE' })
    expect(bytesOf(outcome).toString()).toBe('fake-2')
  })

  test('what is not there is absent, with the reason', async () => {
    expect(await read({})).toMatchObject({ kind: 'absent', reason: 'no-such-key' })
    const path = join(privateFolder(), 'none', 'secrets.json')
    expect(await only(await open({ path }), own('FAKE_ONE'))).toEqual({
      kind: 'absent',
      code: 'SECRET_NOT_FOUND',
      reason: 'no-such-file',
      place: path,
    })
  })

  test('the version changes with the file and says nothing about the value', async () => {
    const path = secretsFile(`{"FAKE_ONE":"${value}"}`)
    const session = await open({ path })
    const first = await only(session, own('FAKE_ONE'))
    expect(await only(session, own('FAKE_ONE'))).toMatchObject({ meta: metaOf(first) })
    const other = secretsFile(`{"FAKE_ONE":"${value}"}`)
    const second = await only(await open({ path: other }), own('FAKE_ONE'))
    expect(metaOf(second)['version']).not.toBe(metaOf(first)['version'])
  })
})

function metaOf(outcome: Outcome): Record<string, unknown> {
  return outcome.kind === 'value' ? { ...outcome.meta } : {}
}

describe('a raw file', () => {
  test.each([
    ['v\n', 'v'],
    ['v\r\n', 'v'],
    ['v\n\n', 'v\n'],
    ['v\r', 'v\r'],
    ['v\n\r', 'v\n\r'],
    ['v', 'v'],
    ['\nv', '\nv'],
    ['\u{feff}v\n', 'v'],
    ['\u{feff}\u{feff}v', '\u{feff}v'],
    [' v ', ' v '],
    ['v\0', 'v\0'],
  ])('%j holds %j', async (content, value) => {
    const path = secretsFile(content)
    expect(bytesOf(await only(await open({}), { path })).toString()).toBe(value)
  })

  test.each(['', '\n', '\r\n', '\u{feff}', '\u{feff}\n'])('%j is empty', async (content) => {
    const path = secretsFile(content)
    expect(await only(await open({}), { path })).toMatchObject({ code: 'SECRET_EMPTY' })
  })

  test('with format raw, the provider’s own file is the value, whatever the ref is called', async () => {
    const session = await open({ path: secretsFile('{"not":"parsed"}\n'), format: 'raw' })
    const outcome = await only(session, { path: '', field: 'any-ref', alias: 'any_ref' })
    expect(bytesOf(outcome).toString()).toBe('{"not":"parsed"}')
  })

  test('at most 1 MiB is read, to the byte', async () => {
    const session = await open({})
    const limit = 1024 * 1024
    for (const size of [limit - 1, limit]) {
      const path = secretsFile(Buffer.alloc(size, 'f'))
      expect(bytesOf(await only(session, { path })).length).toBe(size)
    }
    const path = secretsFile(Buffer.alloc(limit + 1, 'f'))
    expect(await only(session, { path })).toEqual({
      kind: 'malformed',
      code: 'SECRET_TOO_LARGE',
      reason: 'too-large',
      place: path,
    })
    expect(await only(session, { path, field: 'FAKE_ONE' })).toMatchObject({ reason: 'too-large' })
  })
})

describe('where the config names no path', () => {
  test('the first file that exists is used, alone', async () => {
    const first = secretsFile('{"FAKE_ONE":"fake-1"}')
    const second = secretsFile('{"FAKE_ONE":"fake-2","FAKE_TWO":"fake-2"}')
    const none = join(privateFolder(), 'none.json')
    const both = await open({ search: [first, second] })
    expect(bytesOf(await only(both, own('FAKE_ONE'))).toString()).toBe('fake-1')
    expect(await only(both, own('FAKE_TWO'))).toMatchObject({ kind: 'absent', place: first })
    const later = await open({ search: [none, second] })
    expect(bytesOf(await only(later, own('FAKE_ONE'))).toString()).toBe('fake-2')
    const neither = await open({ search: [none, `${none}.2`] })
    expect(await only(neither, own('FAKE_ONE'))).toMatchObject({ kind: 'absent', place: none })
  })

  test('one that is there and refused is not passed over', async () => {
    const second = secretsFile('{"FAKE_ONE":"fake-2"}')
    const first = join(privateFolder(), 'secrets.json')
    symlinkSync(join(privateFolder(), 'nowhere'), first)
    const session = await open({ search: [first, second] })
    expect(await only(session, own('FAKE_ONE'))).toMatchObject({ reason: 'symlink' })
  })

  test.each([
    {},
    { search: [] },
    { search: ['relative.json'] },
    { path: 'relative.json' },
    { path: '/a\0b' },
  ])('options %j find nothing', async (options) => {
    expect(await only(await open(options), own('FAKE_ONE'))).toMatchObject({
      kind: 'malformed',
      code: 'PROVIDER_INVALID',
    })
  })
})

describe('a folder', () => {
  test.each(['../secrets.json', 'a/b', '.hidden', '..', '.', '', '-x', '__proto__'])(
    'the name %j leads nowhere',
    async (name) => {
      const dir = rawFolder(new Map([['FAKE_ONE', Buffer.from('fake-1')]]))
      mkdirSync(join(dir, 'a'))
      writeFileSync(join(dir, 'a', 'b'), 'fake-value-of-FAKE_ONE')
      writeFileSync(join(dir, '.hidden'), 'fake-value-of-FAKE_ONE')
      const session = await open({ path: join(dir) })
      expect(await only(session, own(name))).toEqual({
        kind: 'malformed',
        code: 'PROVIDER_INVALID',
        reason: 'bad-name',
      })
    },
  )

  test('a folder inside it is no value', async () => {
    const dir = rawFolder(new Map())
    mkdirSync(join(dir, 'FAKE_ONE'))
    const session = await open({ path: dir })
    expect(await only(session, own('FAKE_ONE'))).toMatchObject({ reason: 'not-a-regular-file' })
  })
})

async function refused(path: string, reason: string): Promise<void> {
  const outcome = await only(await open({}), { path })
  expect(outcome).toEqual({ kind: 'denied', code: 'FILE_INSECURE', reason, place: path })
}

describe('a file that others could have made or could read', () => {
  const VALUE = 'fake-value-of-FAKE_ONE'
  test('a symbolic link is refused, wherever it leads', async () => {
    const target = secretsFile(VALUE)
    const link = join(privateFolder(), 'link')
    symlinkSync(target, link)
    await refused(link, 'symlink')
    const dir = join(privateFolder(), 'linked-folder')
    symlinkSync(join(target, '..'), dir)
    expect(await only(await open({ path: `${dir}/` }), own('secrets.json'))).toMatchObject({
      reason: 'symlink',
    })
  })

  test('a FIFO is refused, without waiting for a writer', async () => {
    const path = join(privateFolder(), 'fifo')
    execFileSync('mkfifo', ['-m', '600', path])
    await refused(path, 'not-a-regular-file')
  })

  test('a socket, a device and a folder are no files', async () => {
    const dir = privateFolder()
    const server = createServer().listen(join(dir, 'socket'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => {
      server.once('listening', resolve)
    })
    await refused(join(dir, 'socket'), 'not-a-regular-file')
    await refused('/dev/null', 'not-a-regular-file')
    await refused(dir, 'not-a-regular-file')
  })

  test('somebody else’s file is refused', async () => {
    if (isRoot) {
      const path = secretsFile(VALUE)
      chownSync(path, 65534, 65534)
      await refused(path, 'wrong-owner')
    } else {
      await refused('/etc/passwd', 'wrong-owner')
    }
  })

  test.each([0o600, 0o400, 0o700])('mode %o is private', async (mode) => {
    const outcome = await only(await open({}), { path: secretsFile(VALUE, mode) })
    expect(outcome).toMatchObject({ kind: 'value', meta: { warnings: [] } })
  })

  test.each([0o644, 0o640, 0o666, 0o604, 0o620])(
    'mode %o is accepted with a warning where a folder above shuts others out',
    async (mode) => {
      const path = secretsFile(VALUE, mode)
      const outcome = await only(await open({}), { path })
      expect(bytesOf(outcome).toString()).toBe(VALUE)
      expect(outcome).toMatchObject({
        meta: { warnings: [{ code: 'FILE_MODE_LOOSE', place: path }] },
      })
      // The folder need not be the nearest one.
      const deeper = join(path, '..', 'open', 'secrets.json')
      mkdirSync(join(path, '..', 'open'), { mode: 0o755 })
      writeFileSync(deeper, VALUE)
      chmodSync(deeper, mode)
      expect(await only(await open({}), { path: deeper })).toHaveProperty('kind', 'value')
    },
  )

  test.for([0o644, 0o640, 0o604, 0o620, 0o602])(
    'mode %o is refused where others can come by',
    async (mode, context) => {
      needReachableTmp(context)
      const path = secretsFile(VALUE, mode)
      chmodSync(join(path, '..'), 0o755)
      await refused(path, 'mode')
    },
  )

  test.for([0o755, 0o711, 0o710, 0o701])(
    'a folder of mode %o shuts nobody out',
    async (mode, context) => {
      needReachableTmp(context)
      const path = secretsFile(VALUE, 0o644)
      chmodSync(join(path, '..'), mode)
      await refused(path, 'mode')
    },
  )

  test('a private folder that is only a link to a public one shuts nobody out', async (context) => {
    needReachableTmp(context)
    const path = secretsFile(VALUE, 0o644)
    chmodSync(join(path, '..'), 0o755)
    const way = join(privateFolder(), 'way')
    symlinkSync(join(path, '..'), way)
    await refused(join(way, 'secrets.json'), 'mode')
  })

  test('a second name of the file may lie anywhere', async () => {
    const path = secretsFile(VALUE, 0o644)
    linkSync(path, `${path}.2`)
    await refused(path, 'mode')
  })
})

describe('one batch', () => {
  test('reads a file once, also for 64 keys of it', async (context) => {
    const filler = 'f'.repeat(900_000)
    const names = Array.from({ length: 64 }, (_, i) => `FAKE_${i}`)
    const entries = names.map((name) => [name, `fake-value-of-${name}`])
    const path = secretsFile(JSON.stringify({ ...Object.fromEntries(entries), filler }))
    const session = await open({ path })
    const before = bytesRead(context)
    const outcomes = await session.get(names.map(own))
    const after = bytesRead(context)
    expect(outcomes.map((outcome) => bytesOf(outcome).toString())).toEqual(
      names.map((name) => `fake-value-of-${name}`),
    )
    expect(after - before).toBeLessThan(2 * filler.length)
  })

  test('leaves no descriptor open, whatever the outcomes', async (context) => {
    const dir = privateFolder()
    execFileSync('mkfifo', ['-m', '600', join(dir, 'fifo')])
    const items = [secretsFile('fake'), secretsFile('fake', 0o644), join(dir, 'fifo'), dir, '/none']
    const session = await open({})
    const before = descriptors(context)
    for (let i = 0; i < 20; i++) await session.get(items.map((path) => ({ path })))
    expect(descriptors(context)).toBe(before)
  })
})

/** Bytes that this process has read so far. */
function bytesRead(context: TestContext): number {
  try {
    return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    return skipLoudly(context, 'how often a file is read', 'no /proc/self/io')
  }
}

function descriptors(context: TestContext): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return skipLoudly(context, 'open descriptors', 'no /proc/self/fd')
  }
}
