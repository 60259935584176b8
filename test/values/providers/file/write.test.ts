import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { replaceFile } from '../../../../src/values/providers/file/write.ts'
import { asOrdinaryUser, giveAway, privateFolder } from '../folder.ts'

const OLD = Buffer.from('fake-old\n')
const NEW = Buffer.from('fake-new\n')

describe('replaceFile', () => {
  test('makes the folders and the file for us alone', async () => {
    const path = join(privateFolder(), 'a', 'b', 'secrets.json')
    expect(await replaceFile(path, NEW, undefined)).toMatchObject({ kind: 'written' })
    expect(readFileSync(path)).toEqual(NEW)
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    expect(lstatSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect(lstatSync(join(path, '..', '..')).mode & 0o777).toBe(0o700)
    expect(lstatSync(path).nlink).toBe(1)
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json'])
  })

  test('a file that came meanwhile is not overwritten', async () => {
    const path = join(privateFolder(), 'secrets.json')
    writeFileSync(path, OLD)
    expect(await replaceFile(path, NEW, undefined)).toEqual({ kind: 'conflict' })
    expect(readFileSync(path)).toEqual(OLD)
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json'])
  })

  test.each([
    ['written to', (path: string) => writeFileSync(path, 'fake-other\n')],
    ['given another mode', (path: string) => chmodSync(path, 0o640)],
  ])('a file that was %s meanwhile is not overwritten', async (_, meddle) => {
    const path = join(privateFolder(), 'secrets.json')
    writeFileSync(path, OLD, { mode: 0o600 })
    const was = lstatSync(path, { bigint: true })
    meddle(path)
    const now = readFileSync(path)
    expect(await replaceFile(path, NEW, was)).toEqual({ kind: 'conflict' })
    expect(readFileSync(path)).toEqual(now)
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json'])
  })

  test('a file that was removed meanwhile does not come back', async () => {
    const path = join(privateFolder(), 'secrets.json')
    writeFileSync(`${path}.was`, OLD)
    const was = lstatSync(`${path}.was`, { bigint: true })
    expect(await replaceFile(path, NEW, was)).toEqual({ kind: 'conflict' })
    expect(readdirSync(join(path, '..'))).toEqual(['secrets.json.was'])
  })

  test('every state has a version of its own, also where inodes are used again at once', async () => {
    const path = join(privateFolder(), 'secrets.json')
    const versions = new Set<unknown>()
    let was
    for (let i = 0; i < 200; i++) {
      const outcome = await replaceFile(path, i % 2 === 0 ? OLD : NEW, was)
      versions.add(outcome.kind === 'written' && outcome.version)
      was = lstatSync(path, { bigint: true })
    }
    expect(versions.size).toBe(200)
  })

  test('a folder that may not be written is a denial, and nothing is left there', async () => {
    const dir = privateFolder()
    const path = join(dir, 'secrets.json')
    giveAway(dir)
    chmodSync(dir, 0o500)
    expect(await asOrdinaryUser(() => replaceFile(path, NEW, undefined))).toEqual({
      kind: 'denied',
      code: 'PROVIDER_DENIED',
      reason: 'not-permitted',
      place: path,
    })
    chmodSync(dir, 0o700)
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('what a killed writer left', () => {
  const LONG_AGO = new Date(Date.now() - 61_000)
  const NAME = '.secretref-0123456789abcdef'

  function leave(dir: string, name: string, mode = 0o600, when = LONG_AGO): void {
    writeFileSync(join(dir, name), OLD, { mode })
    chmodSync(join(dir, name), mode)
    utimesSync(join(dir, name), when, when)
  }

  test('goes with the next write; also where it has its name already', async () => {
    const dir = privateFolder()
    leave(dir, NAME)
    leave(dir, 'secrets.json')
    linkSync(join(dir, 'secrets.json'), join(dir, '.secretref-fedcba9876543210'))
    const path = join(dir, 'other.json')
    expect(await replaceFile(path, NEW, undefined)).toMatchObject({ kind: 'written' })
    expect(readdirSync(dir).sort()).toEqual(['other.json', 'secrets.json'])
  })

  test('anything else stays', async () => {
    const dir = privateFolder()
    leave(dir, NAME, 0o600, new Date(Date.now() - 30_000))
    leave(dir, '.secretref-0000000000000000', 0o640)
    leave(dir, '.secretref-0123456789abcde')
    leave(dir, `x${NAME}`)
    mkdirSync(join(dir, '.secretref-1111111111111111'), { mode: 0o600 })
    symlinkSync(`x${NAME}`, join(dir, '.secretref-2222222222222222'))
    const before = readdirSync(dir)
    expect(before).toHaveLength(6)
    expect(await replaceFile(join(dir, 'a'), NEW, undefined)).toMatchObject({ kind: 'written' })
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(before))
  })
})
