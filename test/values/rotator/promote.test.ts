/** A new value becomes current, in a real secrets file that others write to as well. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/file.ts'
import type { Issuer } from '../../../src/values/rotator/driver.ts'
import { promoted } from '../../../src/values/rotator/promote.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { workWith } from './work.ts'

const OLD = { value: Buffer.from('fake-old') }
const NEW = { value: Buffer.from('fake-new') }

/** `key` in a file with a neighbour. */
class SharedFile {
  readonly path: string
  readonly session: Session

  private constructor(path: string, session: Session) {
    this.path = path
    this.session = session
  }

  static async make(): Promise<SharedFile> {
    const dir = mkdtempSync(join(tmpdir(), 'secretref-promote-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    const path = join(dir, 'secrets.json')
    const session = await provider.open(
      { path },
      {
        name: 'file',
        signal: new AbortController().signal,
        now: () => new Date(),
        spend: () => true,
        env: new Map(),
      },
    )
    const file = new SharedFile(path, session)
    file.holds({ key: 'fake-old', neighbour: 'fake-0' })
    return file
  }

  holds(values: Record<string, string>): void {
    writeFileSync(this.path, JSON.stringify(values), { mode: 0o600 })
  }

  read(): Record<string, string> {
    return JSON.parse(readFileSync(this.path, 'utf8'))
  }

  async work(issuer: Partial<Issuer> = {}): Promise<Work> {
    const { work } = workWith(issuer)
    const at = { path: this.path, field: 'key' }
    const [outcome] = await this.session.get([{ path: '', field: 'key' }])
    if (outcome?.kind !== 'value') throw new Error('nothing is there')
    return {
      ...work,
      session: this.session,
      order: { ...work.order, at: { ...at, path: '' }, from: outcome.meta.version ?? '' },
    }
  }
}

test('another name of the same file was changed since: the value is promoted, and the other one stays', async () => {
  const file = await SharedFile.make()
  const work = await file.work()
  file.holds({ key: 'fake-old', neighbour: 'fake-1', more: 'fake-2' })
  const done = await promoted(work, { old: OLD, new: NEW })
  expect(done).toEqual({
    result: 'ok',
    version: expect.any(String),
    replaced: OLD.value.toString('hex'),
  })
  expect(file.read()).toEqual({ key: 'fake-new', neighbour: 'fake-1', more: 'fake-2' })
  // The answer was lost: it is current.
  expect(await promoted(work, { old: OLD, new: NEW })).toEqual(done)
})

test('somebody else has given the ref another value: it stays', async () => {
  const file = await SharedFile.make()
  const work = await file.work()
  file.holds({ key: 'fake-third', neighbour: 'fake-0' })
  expect(await promoted(work, { old: OLD, new: NEW })).toEqual({ result: 'conflict' })
  expect(file.read()).toEqual({ key: 'fake-third', neighbour: 'fake-0' })
  file.holds({ neighbour: 'fake-0' })
  expect(await promoted(work, { old: OLD, new: NEW })).toMatchObject({
    result: 'refused',
    code: 'SECRET_NOT_FOUND',
  })
  expect(file.read()).toEqual({ neighbour: 'fake-0' })
})

test('a file that others write to between each look and each write: an end, and nothing lost', async () => {
  const file = await SharedFile.make()
  const work = await file.work()
  let looks = 0
  const session: Session = {
    ...work.session,
    put: (at, value, options) => file.session.put?.(at, value, options) ?? Promise.reject(),
    close: async () => {},
    get: async (items) => {
      const outcomes = await file.session.get(items)
      looks += 1
      file.holds({ key: 'fake-old', neighbour: `fake-${looks}` })
      return outcomes
    },
  }
  expect(await promoted({ ...work, session }, { old: OLD, new: NEW })).toEqual({
    result: 'unavailable',
  })
  expect(looks).toBe(5)
  expect(file.read()).toEqual({ key: 'fake-old', neighbour: 'fake-5' })
})

// One that the service has made may not be known to all of its machines yet.
test.each([
  ['chosen', 'refused'],
  ['issued', 'not-yet'],
] as const)('%s: it is tried once more before it becomes current: %s', async (kind, result) => {
  const file = await SharedFile.make()
  const tried: string[] = []
  const work = await file.work({
    try: async ({ value }) => {
      tried.push(value.toString())
      return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
    },
  })
  const order = { ...work.order, rotation: { id: 'r1', class: kind } }
  expect(await promoted({ ...work, order }, { old: OLD, new: NEW })).toMatchObject({
    result,
    service: true,
  })
  expect(tried).toEqual(['fake-new'])
  expect(file.read()['key']).toBe('fake-old')
})
