import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Staging } from '../../../src/values/rotator/staging.ts'

function staging(): { one: Staging; path: string } {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-staging-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const place = { path: join(dir, 'rotations.age'), identity: join(dir, 'keys', 'rotation.key') }
  return { one: new Staging(place, () => new Date()), path: place.path }
}
const fake = (word: string): Buffer => Buffer.from(`fake-${word}`)

test('both are kept, with what the service calls them, and only encrypted', async () => {
  const { one, path } = staging()
  expect(await one.read('r1')).toEqual({ kind: 'staged' })
  expect(await one.keep('r1', 'old', { value: fake('old') })).toBeUndefined()
  expect(await one.keep('r1', 'new', { value: fake('new'), id: 'AKIA-FAKE' })).toBeUndefined()
  expect(await one.read('r1')).toEqual({
    kind: 'staged',
    old: { value: fake('old') },
    new: { value: fake('new'), id: 'AKIA-FAKE' },
  })
  expect(await one.read('r2')).toEqual({ kind: 'staged' })
  expect(readFileSync(path).includes('fake-')).toBe(false)
})

test('a repeat keeps the first one: the service may have been told of it', async () => {
  const { one } = staging()
  await one.keep('r1', 'new', { value: fake('first'), id: '1' })
  await one.keep('r1', 'new', { value: fake('second'), id: '2' })
  expect(await one.read('r1')).toEqual({ kind: 'staged', new: { value: fake('first'), id: '1' } })
})

test('what lived before a creation is sent: the last note stays, and goes with the rest', async () => {
  const { one, path } = staging()
  await one.keep('r1', 'old', { value: fake('old') })
  expect(await one.note('r1', ['AKIA-FAKE-1', 'AKIA-FAKE-2'])).toBeUndefined()
  expect(await one.note('r1', ['AKIA-FAKE-3'])).toBeUndefined()
  const before = { at: expect.any(Date), ids: ['AKIA-FAKE-3'] }
  expect(await one.read('r1')).toEqual({ kind: 'staged', old: { value: fake('old') }, before })
  expect(await one.read('r2')).toEqual({ kind: 'staged' })
  expect(readFileSync(path).includes('AKIA-FAKE')).toBe(false)
  await one.drop(['r1'])
  expect(await one.read('r1')).toEqual({ kind: 'staged' })
})

test('what is dropped is gone, and a second time is no failure', async () => {
  const { one } = staging()
  await one.keep('r1', 'old', { value: fake('old') })
  await one.keep('r1', 'new', { value: fake('new') })
  await one.keep('r2', 'old', { value: fake('other') })
  await one.keep('r3', 'new', { value: fake('third'), id: '3' })
  expect(await one.drop(['r1', 'r3'])).toBeUndefined()
  expect(await one.drop(['r1', 'r3'])).toBeUndefined()
  expect(await one.read('r1')).toEqual({ kind: 'staged' })
  expect(await one.read('r3')).toEqual({ kind: 'staged' })
  expect(await one.read('r2')).toEqual({ kind: 'staged', old: { value: fake('other') } })
})
