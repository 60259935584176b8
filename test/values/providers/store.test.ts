import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/store.ts'
import { changeStore } from '../../../src/values/store/file.ts'
import { addVersion } from '../../../src/values/store/versions.ts'
import { skipLoudly } from '../loud.ts'
import { bytesOf, conformance, contextOf, expectSafe, fakeValues, only } from './conformance.ts'
import { privateFolder } from './folder.ts'

interface Place {
  path: string
  identity: string
}

const place = (dir = privateFolder()): Place => ({
  path: join(dir, 'store.age'),
  identity: join(dir, 'keys', 'store.key'),
})

let operations = 0
async function put(session: Session, path: string, value: Buffer | string, expect_ = 'any') {
  operations += 1
  return session.put?.({ path }, Buffer.from(value), {
    expect: expect_,
    operation: `op-${operations}`,
  })
}

async function opened(
  at: Place,
  values: ReadonlyMap<string, Buffer> = new Map(),
  signal?: AbortSignal,
): Promise<Session> {
  for (const [name, value] of values) {
    // Not `put`, which takes no empty value: a document may hold one that came from elsewhere.
    await changeStore(at, new Date(), (document) => {
      const added = { value, expect: 'any', operation: name, stage: 'current' } as const
      addVersion(document, name, { ...added, now: new Date() })
      return { kind: 'written', version: '1' }
    })
  }
  return provider.open({ ...at }, contextOf(signal === undefined ? {} : { signal }))
}

conformance('store', {
  provider,
  carries: 'any byte',
  open: async (values, signal) => ({
    session: await opened(place(), values, signal),
    at: (path) => ({ path }),
  }),
  denied: async () => {
    const at = place()
    await opened(at, fakeValues())
    chmodSync(at.path, 0o644)
    chmodSync(join(at.path, '..'), 0o755)
    return { session: await provider.open({ ...at }, contextOf()), at: { path: 'FAKE_ONE' } }
  },
})

test('the first value makes the file and its key, 0600', async () => {
  const at = place()
  const session = await opened(at)
  expect(await only(session, { path: 'a' })).toMatchObject({ kind: 'absent' })
  expect(existsSync(at.path)).toBe(false)
  expect(await put(session, 'a', 'fake-a', 'absent')).toEqual({
    kind: 'written',
    version: '1',
    at: { path: 'a' },
  })
  for (const path of [at.path, at.identity]) expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(at.path).includes('fake-a')).toBe(false)
})

test('the plain age tool opens it', async (context) => {
  if (spawnSync('age', ['--version']).status !== 0)
    skipLoudly(context, 'the plain age tool', 'age is not installed')
  const at = place()
  await opened(at, new Map([['stripe-api-key', Buffer.from('fake-for-age')]]))
  const text = execFileSync('age', ['-d', '-i', at.identity, at.path]).toString()
  const document: unknown = JSON.parse(text)
  expect(document).toMatchObject({
    secrets: { 'stripe-api-key': { versions: [{ value: 'fake-for-age' }] } },
  })
})

test('a version can be pinned, and promoted by compare-and-set', async () => {
  const session = await opened(place())
  onTestFinished(() => session.close())
  await put(session, 'a', 'fake-1')
  await put(session, 'a', 'fake-2', '1')
  expect(bytesOf(await only(session, { path: 'a', version: '1' })).toString()).toBe('fake-1')
  expect(await only(session, { path: 'a' })).toMatchObject({ meta: { version: '2' } })
  expect(await session.promote?.({ path: 'a' }, '1', '1')).toEqual({ kind: 'conflict' })
  expect(await session.promote?.({ path: 'a' }, '2', '1')).toMatchObject({ kind: 'written' })
  expect(bytesOf(await only(session, { path: 'a' })).toString()).toBe('fake-1')
})

test('many who write at once lose nothing', async () => {
  const at = place()
  const writers = await Promise.all(
    Array.from({ length: 6 }, () => provider.open({ ...at }, contextOf())),
  )
  const written = await Promise.all(
    writers.flatMap((session, i) => [
      put(session, `own-${i}`, `fake-${i}`),
      put(session, 'shared', `fake-${i}`),
    ]),
  )
  expect(written.map((outcome) => outcome?.kind)).toEqual(written.map(() => 'written'))
  const [session] = writers
  const all = await session?.get([...writers.keys()].map((i) => ({ path: `own-${i}` })))
  expect(all?.map((outcome) => bytesOf(outcome).toString())).toEqual(
    [...writers.keys()].map((i) => `fake-${i}`),
  )
  expect(await only(await provider.open({ ...at }, contextOf()), { path: 'shared' })).toMatchObject(
    { meta: { version: '6' } },
  )
})

test('without its key, or with another one, it says so and is not begun anew', async () => {
  const at = place()
  const session = await opened(at, new Map([['a', Buffer.from('fake-a')]]))
  const sealed = readFileSync(at.path)
  const elsewhere = place()
  await opened(elsewhere, new Map([['b', Buffer.from('fake-b')]]))
  writeFileSync(at.identity, readFileSync(elsewhere.identity))
  const other = await only(session, { path: 'a' })
  expect(other).toMatchObject({ kind: 'denied', reason: 'not-opened' })
  expectSafe(other)
  const lost = { ...at, identity: join(at.path, '..', 'lost.key') }
  const without = await provider.open(lost, contextOf())
  expect(await only(without, { path: 'a' })).toMatchObject({
    kind: 'denied',
    reason: 'no-identity',
  })
  expect(await put(without, 'a', 'fake-new')).toMatchObject({ kind: 'denied' })
  expect(readFileSync(at.path)).toEqual(sealed)
})

test('one changed byte anywhere is found', async () => {
  const at = place()
  const session = await opened(at, new Map([['a', Buffer.from('fake-a')]]))
  const sealed = readFileSync(at.path)
  for (let i = 0; i < sealed.length; i += 7) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(i) ^ 1, i)
    writeFileSync(at.path, changed)
    expect((await only(session, { path: 'a' })).kind).not.toBe('value')
  }
})

test('a link in its place is refused', async () => {
  const at = place()
  await opened(at, new Map([['a', Buffer.from('fake-a')]]))
  const linked = { ...at, path: join(at.path, '..', 'link.age') }
  symlinkSync(at.path, linked.path)
  expect(await only(await provider.open(linked, contextOf()), { path: 'a' })).toMatchObject({
    kind: 'denied',
    reason: 'symlink',
  })
})

test('list names what is there, with dates and versions, and no value', async () => {
  const session = await opened(
    place(),
    new Map([
      ['a', Buffer.from('fake-a')],
      ['b', Buffer.from('fake-b')],
    ]),
  )
  const found: unknown[] = []
  for await (const one of session.list?.('') ?? []) found.push(one)
  expect(found).toMatchObject([
    { at: { path: 'a' }, meta: { version: '1' } },
    { at: { path: 'b' }, meta: { version: '1' } },
  ])
  expect(JSON.stringify(found)).not.toContain('fake-')
})
