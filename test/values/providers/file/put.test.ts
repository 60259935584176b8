import { deepStrictEqual } from 'node:assert'
import {
  chmodSync,
  lstatSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Location, PutOutcome, Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/file.ts'
import { bytesOf, contextOf, only } from '../conformance.ts'
import { privateFolder } from '../folder.ts'

const NEW = 'fake-value-new'

function open(options: Record<string, unknown>): Promise<Session> {
  return provider.open(options, contextOf())
}

function put(
  session: Session,
  at: Location,
  value: Buffer | string,
  expected = 'any',
): Promise<PutOutcome> {
  if (session.put === undefined) throw new Error('the file provider writes')
  return session.put(at, Buffer.from(value), { expect: expected, operation: 'fake' })
}

function secretsFile(content: unknown, mode = 0o600): string {
  const path = join(privateFolder(), 'secrets.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(path, mode)
  return path
}

/** The file's text after FAKE_ONE was set. */
async function textAfter(content: unknown, field = 'FAKE_ONE'): Promise<string> {
  const path = secretsFile(content)
  const session = await open({ path })
  expect(await put(session, { path: '', field }, NEW)).toMatchObject({ kind: 'written' })
  expect(bytesOf(await only(session, { path: '', field })).toString()).toBe(NEW)
  return readFileSync(path, 'utf8')
}

describe('put', () => {
  test('a new file has the article’s form', async () => {
    const path = join(privateFolder(), 'secrets', 'secrets.json')
    const session = await open({ search: [path, `${path}.2`] })
    const outcome = await put(session, { path: '', field: 'stripe-api-key' }, NEW, 'absent')
    expect(readFileSync(path, 'utf8')).toBe(`{
  "stripe-api-key": {
    "value": "${NEW}",
    "provider": "secretref",
    "createdAt": "2026-03-08T04:12:00Z"
  }
}
`)
    const read = await only(session, { path: '', field: 'stripe-api-key' })
    expect(read).toMatchObject({ kind: 'value', meta: { warnings: [] } })
    expect(outcome).toEqual({
      kind: 'written',
      version: read.kind === 'value' ? read.meta.version : '',
      at: { path, field: 'stripe-api-key' },
    })
  })

  test('leaves every other byte as it stands', async () => {
    const before = '\u{feff}{ "a" : 1e400,\r\n\t"n":{"x":[12345678901234567890,-0.10]} ,"FAKE_ONE":'
    const after = '  ,\n\n "z":"\\u0041" }  \n'
    expect(await textAfter(`${before}"fake-old"${after}`)).toBe(`${before}"${NEW}"${after}`)
  })

  test('any document keeps its meaning but for the one entry', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 })
    const entry = fc.oneof(
      text,
      fc.record({ value: text, expiresAt: text, note: fc.jsonValue({ maxDepth: 2 }) }),
    )
    const document = fc.dictionary(text, entry, { maxKeys: 5, noNullPrototype: true })
    const path = secretsFile('{}')
    const session = await open({ path })
    await fc.assert(
      fc.asyncProperty(document, text, fc.constantFrom(0, 3), async (content, name, indent) => {
        writeFileSync(path, JSON.stringify(content, null, indent))
        expect(await put(session, { path: '', field: name }, NEW)).toMatchObject({
          kind: 'written',
        })
        const entries = new Map<string, unknown>(Object.entries(content))
        const old = entries.get(name)
        const flat = entries.size > 0 && [...entries.values()].every((e) => typeof e === 'string')
        const dated = { value: NEW, createdAt: '2026-03-08T04:12:00Z' }
        if (typeof old === 'string' || (old === undefined && flat)) entries.set(name, NEW)
        else if (old === undefined) entries.set(name, { ...dated, provider: 'secretref' })
        else {
          const { expiresAt: _, ...kept } = Object(old)
          entries.set(name, { ...kept, ...dated })
        }
        const wanted = JSON.stringify(Object.fromEntries(entries))
        deepStrictEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(wanted))
      }),
      { numRuns: 60 },
    )
  })

  test('an object keeps its notes, gets createdAt and loses the old value’s expiresAt', async () => {
    const entry = {
      note: { n: 1.0 },
      value: 'fake-old',
      expiresAt: '2026-01-01',
      createdAt: '2025-01-01',
    }
    expect(JSON.parse(await textAfter({ FAKE_ONE: entry }))).toEqual({
      FAKE_ONE: { note: { n: 1 }, value: NEW, createdAt: '2026-03-08T04:12:00Z' },
    })
  })

  test('is put where it is read: the second spelling, where that is the one there is', async () => {
    const path = secretsFile({ fake_one: 'fake-old' })
    const session = await open({ path })
    const at = { path: '', field: 'fake-one', alias: 'fake_one' }
    expect(await put(session, at, NEW, 'absent')).toEqual({ kind: 'conflict' })
    expect(await put(session, at, NEW)).toMatchObject({ at: { path, field: 'fake_one' } })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ fake_one: NEW })
    const dir = privateFolder()
    writeFileSync(join(dir, 'fake_one'), 'fake-old', { mode: 0o600 })
    const written = await put(await open({ path: dir }), at, NEW)
    expect(written).toMatchObject({ at: { path: join(dir, 'fake_one') } })
    expect(readdirSync(dir)).toEqual(['fake_one'])
    expect(readFileSync(join(dir, 'fake_one'), 'utf8')).toBe(NEW)
  })

  test('mends a mode that was loose', async () => {
    const path = secretsFile({ FAKE_ONE: 'fake-old' }, 0o644)
    await put(await open({ path }), { path: '', field: 'FAKE_ONE' }, NEW)
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
  })

  test('a raw file gives back every value, whatever it begins and ends with', async () => {
    const path = join(privateFolder(), 'dev_stripe.key')
    const session = await open({})
    const ends = ['', '\n', '\r\n', '\n\n', '\r', '\u{feff}', '\u{feff}\n', '\0'].map((t) =>
      Buffer.from(t),
    )
    const end = fc.constantFrom(...ends)
    const middle = fc.uint8Array({ maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(end, middle, end, async (first, bytes, last) => {
        const value = Buffer.concat([first, bytes, last])
        fc.pre(value.length > 0)
        expect(await put(session, { path }, value)).toMatchObject({ kind: 'written' })
        expect(bytesOf(await only(session, { path })).equals(value)).toBe(true)
      }),
      { numRuns: 60 },
    )
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
  })

  test('is refused where somebody else was faster', async () => {
    const path = secretsFile({ FAKE_ONE: 'fake-old' })
    const session = await open({ path })
    const one = { path: '', field: 'FAKE_ONE' }
    const read = await only(session, one)
    const version = read.kind === 'value' ? (read.meta.version ?? '') : ''
    expect(await put(session, one, NEW, 'absent')).toEqual({ kind: 'conflict' })
    expect(await put(session, { path: '', field: 'FAKE_TWO' }, NEW, version)).toEqual({
      kind: 'conflict',
    })
    const written = await put(session, one, NEW, version)
    expect(written).toMatchObject({ kind: 'written' })
    expect(await put(session, one, 'fake-third', version)).toEqual({ kind: 'conflict' })
    expect(bytesOf(await only(session, one)).toString()).toBe(NEW)
  })

  test('writers that meet lose nothing: each is written, or told of the conflict', async () => {
    const path = join(privateFolder(), 'secrets.json')
    const session = await open({ path })
    const names = Array.from({ length: 16 }, (_, i) => `FAKE_${i}`)
    await Promise.all(
      names.map(async (field) => {
        while ((await put(session, { path: '', field }, `fake-${field}`)).kind === 'conflict');
      }),
    )
    const outcomes = await session.get(names.map((field) => ({ path: '', field })))
    expect(outcomes.map((outcome) => bytesOf(outcome).toString())).toEqual(
      names.map((name) => `fake-${name}`),
    )
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json'])
  })

  test('a reader beside a writer sees the old value or the new one', async () => {
    const values = ['a', 'b'].map((letter) => letter.repeat(50_000))
    const path = secretsFile({ FAKE_ONE: values[0] })
    const session = await open({ path })
    const at = { path: '', field: 'FAKE_ONE' }
    const writing = new AbortController()
    const writer = (async () => {
      for (let i = 0; i < 40; i++) await put(session, at, values[i % 2] ?? '')
      writing.abort()
    })()
    while (!writing.signal.aborted) {
      expect(values).toContain(bytesOf(await only(session, at)).toString())
    }
    await writer
  })

  test.each([
    ['an empty value', { field: 'FAKE_ONE' }, '', 'SECRET_EMPTY', 'empty'],
    [
      'one that JSON cannot hold',
      { field: 'FAKE_ONE' },
      Buffer.from([0xff]),
      'SECRET_MALFORMED',
      'not-utf8',
    ],
    [
      'one that is too large',
      { field: 'FAKE_ONE' },
      'f'.repeat(1024 * 1024),
      'SECRET_TOO_LARGE',
      'too-large',
    ],
    ['one for an entry that is a list', { field: 'LIST' }, NEW, 'SECRET_MALFORMED', 'not-a-string'],
    ['one without a name', {}, NEW, 'PROVIDER_INVALID', 'bad-name'],
  ])('%s is refused', async (_, at, value, code, reason) => {
    const content = '{"LIST":[]}'
    const path = secretsFile(content)
    const session = await open({ path })
    expect(await put(session, { path: '', ...at }, value)).toMatchObject({ code, reason })
    expect(readFileSync(path, 'utf8')).toBe(content)
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json'])
  })

  test('a file that cannot be read is not replaced', async () => {
    const path = secretsFile('{"FAKE_ONE": ')
    expect(await put(await open({ path }), { path: '', field: 'FAKE_ONE' }, NEW)).toMatchObject({
      reason: 'not-json',
    })
    expect(readFileSync(path, 'utf8')).toBe('{"FAKE_ONE": ')
  })

  test('a symbolic link is not followed and not replaced', async () => {
    const target = secretsFile({ FAKE_ONE: 'fake-old' })
    const path = join(privateFolder(), 'secrets.json')
    symlinkSync(target, path)
    expect(await put(await open({ path }), { path: '', field: 'FAKE_ONE' }, NEW)).toMatchObject({
      code: 'FILE_INSECURE',
      reason: 'symlink',
    })
    expect(JSON.parse(readFileSync(target, 'utf8'))).toEqual({ FAKE_ONE: 'fake-old' })
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
  })

  test('not after the deadline, not when closed, and no second version beside the first', async () => {
    const path = join(privateFolder(), 'secrets.json')
    const at = { path: '', field: 'FAKE_ONE' }
    const late = await provider.open({ path }, contextOf({ signal: AbortSignal.abort() }))
    expect(await put(late, at, NEW)).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' })
    const session = await open({ path })
    const pending = { expect: 'any', operation: 'fake', stage: 'pending' } as const
    expect(await session.put?.(at, Buffer.from(NEW), pending)).toMatchObject({
      code: 'UNSUPPORTED',
    })
    await session.close()
    expect(await put(session, at, NEW)).toMatchObject({ reason: 'closed' })
    expect(readdirSync(join(path, '..'))).toEqual([])
  })
})

async function namesIn(session: Session, prefix = ''): Promise<unknown[]> {
  const listed = []
  for await (const entry of session.list?.(prefix) ?? []) listed.push(entry)
  return listed
}

describe('list', () => {
  test('names what is there with its dates, and no value', async () => {
    const expiresAt = '2027-03-08T04:12:00Z'
    const path = secretsFile({ 'a-one': 'fake-1', 'a-two': { value: 'fake-2', expiresAt }, b: 1 })
    const session = await open({ path })
    const listed = await namesIn(session, 'a-')
    expect(listed).toMatchObject([
      { at: { path: '', field: 'a-one' } },
      { at: { path: '', field: 'a-two' }, meta: { expiresAt: new Date(expiresAt) } },
    ])
    expect(JSON.stringify(listed)).not.toContain('fake-')
    expect(await namesIn(session)).toHaveLength(3)
  })

  test('names the files of a folder that could be refs', async () => {
    const dir = privateFolder()
    for (const name of ['one', 'two', '.hidden', '-x']) writeFileSync(join(dir, name), 'fake')
    expect(await namesIn(await open({ path: dir }))).toEqual([
      { at: { path: '', field: 'one' }, meta: {} },
      { at: { path: '', field: 'two' }, meta: {} },
    ])
  })

  test('says in a closed code why it cannot', async () => {
    const session = await open({ path: secretsFile('{"fake-value-1":') })
    await expect(namesIn(session)).rejects.toMatchObject({
      name: 'SecretRefError',
      code: 'SECRET_MALFORMED',
    })
    await session.close()
    await expect(namesIn(session)).rejects.toMatchObject({ code: 'PROVIDER_INVALID' })
  })
})
