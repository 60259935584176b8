/** What is kept of a ref for an outage, after each action of its rotation. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RotationOrder } from '../../../src/gateway/rotate/words.ts'
import { nameOf } from '../../../src/values/resolver/stale-files.ts'
import { droppedAfter } from '../../../src/values/rotator/kept.ts'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'
import { workWith } from './work.ts'

interface Kept {
  order: RotationOrder
  /** Of the ref in each environment, then of its neighbour. */
  paths: readonly string[]
}

function keeping(): Kept {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-kept-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const fingerprintKey = join(dir, 'fingerprint.key')
  const kept = { dir, fingerprintKey, config: '/c.json', environments: ['production', 'staging'] }
  const order = { ...workWith({}).work.order, fingerprintKey, kept }
  const { provider, type, options, at } = order
  const about = { config: kept.config, provider, type, options }
  const fingerprint = fingerprinter(fingerprintKey)
  const paths = [
    ...kept.environments.map((environment) => nameOf(fingerprint, { ...about, environment, at })),
    nameOf(fingerprint, { ...about, environment: 'production', at: { path: 'neighbour' } }),
  ].map((name) => join(dir, name))
  return { order, paths }
}

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
  ['retire', 'ok', 'stays'],
] as const)('%s: %s: it %s, in every environment; its neighbour stays', (action, result, what) => {
  const { order, paths } = keeping()
  for (const path of paths) writeFileSync(path, 'fake sealed')
  expect(droppedAfter(order, action, { result })).toEqual({ result })
  const there = what === 'stays'
  expect(paths.map((path) => existsSync(path))).toEqual([there, there, true])
})

test('what cannot be removed is told of, and the action stays what it is', () => {
  const { order, paths } = keeping()
  mkdirSync(paths[0] ?? '')
  const done = { result: 'ok', version: '2' } as const
  expect(droppedAfter(order, 'promote', done)).toEqual({ ...done, undropped: true })
})
