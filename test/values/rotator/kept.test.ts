/** What is kept of a ref for an outage, after each action of its rotation. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { nameOf } from '../../../src/values/resolver/stale-files.ts'
import { droppedAfter } from '../../../src/values/rotator/kept.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'
import { keyPlace, makeIdentity } from '../../../src/values/store/identity.ts'
import { seal } from '../../../src/values/store/seal.ts'
import { workWith } from './work.ts'

interface Kept {
  work: Work
  /** Of the ref in each environment, then of its neighbour. */
  paths: readonly [string, string, string]
  /** As a start keeps it. */
  keeps: (path: string, value: string) => Promise<void>
}

async function keeping(): Promise<Kept> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-kept-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const fingerprintKey = join(dir, 'fingerprint.key')
  const identity = join(dir, 'store.key')
  const config = '/c.json'
  const kept = { dir, identity, fingerprintKey, config, environments: ['production', 'staging'] }
  const { work } = workWith({})
  const order = { ...work.order, fingerprintKey, kept }
  const { provider, type, options, at } = order
  const fingerprint = fingerprinter(fingerprintKey)
  const pathOf = (environment: string, path = at.path): string =>
    join(dir, nameOf(fingerprint, { config, environment, provider, type, options, at: { path } }))
  const made = await makeIdentity(keyPlace(identity, ''), new Date())
  if (!('recipient' in made)) throw new Error('no key was made')
  const how = { kind: 'recipients', recipients: [made.recipient] } as const
  return {
    work: { ...work, order, fingerprint },
    paths: [pathOf('production'), pathOf('staging'), pathOf('production', 'neighbour')],
    keeps: async (path, value) =>
      writeFileSync(path, await seal(Buffer.from(`{"name":"fake"}\n${value}`), how), {
        mode: 0o600,
      }),
  }
}

const there = (paths: readonly string[]): boolean[] => paths.map((path) => existsSync(path))

test.each([
  ['promote', 'ok', 'goes'],
  // It may have been written.
  ['promote', 'unknown', 'goes'],
  ['promote', 'conflict', 'stays'],
  ['promote', 'unavailable', 'stays'],
  // The old value is back, and the new one is ended.
  ['discard', 'ok', 'goes'],
  // The store may be down just now.
  ['discard', 'unavailable', 'stays'],
  ['verify', 'ok', 'stays'],
] as const)(
  '%s: %s: it %s, in every environment; its neighbour stays',
  async (action, result, what) => {
    const { work, paths } = await keeping()
    for (const path of paths) writeFileSync(path, 'fake sealed')
    expect(await droppedAfter(work, action, { result })).toEqual({ result })
    const stays = what === 'stays'
    expect(there(paths)).toEqual([stays, stays, true])
  },
)

test('retire: what a start has kept of the ended value since goes; of the new one, or unreadable, it stays', async () => {
  const { work, paths, keeps } = await keeping()
  const [one, other, neighbour] = paths
  await work.staging.keep('r1', 'old', { value: Buffer.from('fake-old') })
  await keeps(one, 'fake-old')
  await keeps(other, 'fake-new')
  await keeps(neighbour, 'fake-old')
  expect(await droppedAfter(work, 'retire', { result: 'unavailable' })).toEqual({
    result: 'unavailable',
  })
  expect(there(paths)).toEqual([true, true, true])
  expect(await droppedAfter(work, 'retire', { result: 'ok' })).toEqual({ result: 'ok' })
  expect(there(paths)).toEqual([false, true, true])
  writeFileSync(other, 'fake sealed to nobody', { mode: 0o600 })
  expect(await droppedAfter(work, 'retire', { result: 'ok' })).toEqual({ result: 'ok' })
  expect(there(paths)).toEqual([false, true, true])
})

test('what cannot be removed is told of, and the action stays what it is', async () => {
  const { work, paths } = await keeping()
  mkdirSync(paths[0])
  const done = { result: 'ok', version: '2' } as const
  expect(await droppedAfter(work, 'promote', done)).toEqual({ ...done, undropped: true })
})
