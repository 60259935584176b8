/**
 * Rekey and import, ended by -9 at every system call that changes a file's name or makes one durable, and
 * with a disk that is full at each: the store opens, and nothing is lost.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { importFile } from '../../../src/values/locksmith/import.ts'
import { rekey } from '../../../src/values/locksmith/rekey.ts'
import { changeStore, openStore } from '../../../src/values/store/file.ts'
import { wipeDocument } from '../../../src/values/store/document.ts'
import { addVersion, versionAt } from '../../../src/values/store/versions.ts'
import { skipLoudly } from '../loud.ts'
import { privateFolder } from '../providers/folder.ts'
import { importOf, placeIn, placeWithBoth, rekeyTo } from './place.ts'

const hasStrace = spawnSync('strace', ['-V']).status === 0
const CALLS = 'rename,link,unlink,fsync'
/** More calls than either makes; the loop ends where nothing was hit any more. */
const MOST = 40

function needStrace(context: TestContext): void {
  if (!hasStrace) skipLoudly(context, 'a crash at every step', 'strace is not installed')
}

/** @param how what the `n`th of the calls meets, as strace's `inject` says it */
type What = 'rekey' | 'passphrase' | 'file' | 'import'

function endedAt(what: What, dir: string, how: string, n: number): string {
  const script = join(import.meta.dirname, 'at-once.ts')
  const inject = `inject=${CALLS}:${how}:when=${n}`
  const trace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${CALLS}`, '-e', inject]
  // One thread does all file work, so that calls come in one order.
  const env = { PATH: process.env['PATH'] ?? '', UV_THREADPOOL_SIZE: '1' }
  const args = [
    ...trace,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    script,
    what,
    dir,
  ]
  return spawnSync('strace', args, { env }).stdout.toString()
}

async function put(dir: string, name: string, text: string): Promise<void> {
  const value = Buffer.from(text)
  const now = new Date()
  const outcome = await changeStore(placeIn(dir), now, (document) => {
    const added = { value, expect: 'any', operation: name, stage: 'current', now } as const
    addVersion(document, name, added)
    return { kind: 'written', version: '1' }
  })
  expect(outcome.kind).toBe('written')
}

async function stored(dir: string, name: string): Promise<string | undefined> {
  const opened = await openStore(placeWithBoth(dir))
  if (opened.kind === 'absent') return undefined
  if (opened.kind !== 'store') throw new Error(`it does not open: ${opened.reason}`)
  const value = versionAt(opened.document, name, undefined)?.value.toString()
  wipeDocument(opened.document)
  return value
}

describe.each(['signal=SIGKILL', 'error=ENOSPC'])('%s', (how) => {
  test('at every step of a rekey leaves a store that opens and can be rekeyed', async (context) => {
    needStrace(context)
    const dir = privateFolder()
    await put(dir, 'a', 'fake-kept')
    let said = ''
    let n = 1
    // A full disk is met at every other step: that is once for each file, before it has its name.
    for (; !said.startsWith('keyed') && n < MOST; n += how === 'error=ENOSPC' ? 2 : 1) {
      said = endedAt('rekey', dir, how, n)
      expect(await stored(dir, 'a')).toBe('fake-kept')
    }
    // Four files are replaced, each with its folder made durable.
    expect(n).toBeGreaterThan(8)
    expect(said).toBe('keyed\n')
    await put(dir, 'b', 'fake-after')
    expect(await stored(dir, 'b')).toBe('fake-after')
  })
})

// A passphrase costs most of a second each time; of two calls that follow each other one is enough.
test.for([
  ['passphrase', 1],
  ['file', 2],
] as const)(
  'killed on the way to a %s, a store opens by that or by what it had',
  { timeout: 120_000 },
  async ([to, step], context) => {
    needStrace(context)
    const before = privateFolder()
    await put(before, 'a', 'fake-kept')
    if (to === 'file') {
      const work = { ...importOf(before).work, place: placeWithBoth(before) }
      expect(await rekey(work, rekeyTo(before, 'passphrase'))).toMatchObject({ from: 'file' })
      // As on another machine: a key is made on the way.
      rmSync(placeIn(before).identity)
    }
    let said = ''
    let dir = before
    let n = 1
    for (; said === '' && n < MOST; n += step) {
      dir = privateFolder()
      cpSync(before, dir, { recursive: true })
      said = endedAt(to, dir, 'signal=SIGKILL', n)
      expect(await stored(dir, 'a')).toBe('fake-kept')
    }
    expect(said).toBe('keyed\n')
    // One file is replaced, or two, each with its folder made durable.
    expect(n).toBeGreaterThan(to === 'file' ? 6 : 3)
    const alone = to === 'file' ? placeIn(dir) : { ...placeWithBoth(dir), identity: '/none' }
    const key = { kind: to === 'file' ? 'identities' : to }
    expect(await openStore(alone)).toMatchObject({ kind: 'store', key })
  },
)

test('killed at every step, an import loses nothing, and the next one goes on', async (context) => {
  needStrace(context)
  let said = ''
  let n = 1
  for (; said === '' && n < MOST; n += 1) {
    const dir = privateFolder()
    mkdirSync(join(dir, 'plain'), { mode: 0o700 })
    const plain = join(dir, 'plain', 'secrets.json')
    const content = '{"a": "fake-plain-one", "b": {"value": "fake-plain-two"}}'
    writeFileSync(plain, content, { mode: 0o600 })
    said = endedAt('import', dir, 'signal=SIGKILL', n)
    const inFile = existsSync(plain) && readFileSync(plain, 'utf8') === content
    if (!inFile) expect(await stored(dir, 'b')).toBe('fake-plain-two')
    const { order, work } = importOf(dir)
    const again = await importFile(work, order, order.action)
    expect(again.type).toBe('imported')
    const both = [await stored(dir, 'a'), await stored(dir, 'b')]
    expect(both).toEqual(['fake-plain-one', 'fake-plain-two'])
    // By this name the next write removes it, a minute later.
    const left = readdirSync(join(dir, 'plain'))
    expect(left.filter((name) => !name.startsWith('.secretref-'))).toEqual([])
  }
  expect(said).toBe('imported\n')
  expect(n).toBeGreaterThan(6)
})

test('writers and rekeys at once: all is there, and it opens with the key that is left', async () => {
  const dir = privateFolder()
  const place = placeIn(dir)
  await put(dir, 'a', 'fake-first')
  const { work } = importOf(dir)
  const names = Array.from({ length: 6 }, (_, i) => `name-${i}`)
  const [one, two] = await Promise.all([
    rekey(work, rekeyTo(dir)),
    rekey(work, rekeyTo(dir)),
    ...names.map((name) => put(dir, name, `fake-${name}`)),
  ])
  expect([one, two].map((report) => report?.type)).toEqual(['keyed', 'keyed'])
  for (const name of names) expect(await stored(dir, name)).toBe(`fake-${name}`)
  expect(readFileSync(place.identity, 'utf8').match(/AGE-SECRET-KEY/g)).toHaveLength(1)
})
