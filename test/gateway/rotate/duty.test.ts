/** What a serving gateway does of itself: where another rotation is under way in the same place, and without a rule. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openGateway } from '../../../src/cli/foreground.ts'
import type { Io } from '../../../src/cli/io.ts'
import { providersOf } from '../../../src/config/accessors.ts'
import { rotations } from '../../../src/gateway/rotate/duty.ts'
import { placeName } from '../../../src/gateway/store-place.ts'
import { beginRotation, openJournal, writeRotation } from '../../../src/rotation/journal.ts'
import { openRotationsOf } from '../../../src/rotation/journalled.ts'
import { takeHold, type Hold } from '../../../src/rotation/lock.ts'
import type { RefKey } from '../../../src/rotation/types.ts'
import { placeKey } from '../../../src/rotation/places.ts'
import { homeOf } from '../../../src/state/home.ts'
import { writeJournal } from '../../rotation/written.ts'

const HOUR_MS = 3_600_000

/** A gateway of one ref, `key`, which lies in a file; its clock stands at `at` until a test moves it. */
async function world(entry: object, secrets: object, at: Date) {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-duty-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, content: object): string => {
    const path = join(dir, name)
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
    return path
  }
  write('secrets.json', secrets)
  const config = write('config.json', {
    secrets: { providers: { file: { path: 'secrets.json' } } },
    openclaw: { gateway: { secrets: { refMap: { key: { provider: 'file', ...entry } } } } },
  })
  const clock = { now: at }
  const env = { SECRETREF_HOME: join(dir, 'home'), HOME: dir }
  const io: Io = {
    program: 'secretref',
    env,
    cwd: dir,
    home: homeOf(env),
    signs: false,
    now: () => clock.now,
    out: expect.unreachable,
    err: expect.unreachable,
  }
  const gateway = await openGateway(io, { config })
  onTestFinished(() => gateway.settle())
  mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
  const said: string[] = []
  const duty = rotations(gateway, undefined, (level, sentence) =>
    said.push(`${level}: ${sentence}`),
  )
  /** @returns what the duty says at its look so much later */
  const after = async (hours: number): Promise<string[]> => {
    clock.now = new Date(clock.now.getTime() + hours * HOUR_MS)
    said.length = 0
    await duty(new AbortController().signal)
    return [...said]
  }
  return { gateway, config, write, after }
}

test('it is said once a day, and nothing is begun', async () => {
  const rotate = { driver: 'generate', before: '7d' }
  const at = new Date('2026-12-31T00:00:00Z')
  const entry = { target: 'key', expiresAt: '2027-01-01', rotate }
  const { gateway, config, after } = await world(entry, { key: 'fake-value' }, at)
  const db = openJournal(gateway.home)
  onTestFinished(() => db.close())
  const provider = providersOf(gateway.loaded.config).get('file')
  if (provider === undefined) throw new Error('no provider')
  const take = (key: RefKey): Hold => {
    const hold = takeHold(db, key, { pid: 1, started: undefined }, () => false)
    if ('heldBy' in hold) throw new Error('held')
    return hold
  }
  const name = placeName(gateway, provider, { path: '', field: 'key' })
  const theirs: Hold = {
    ...take({ config: '/other', environment: 'default', ref: 'k' }),
    place: { ...take(placeKey(name)) },
  }
  const what = { class: 'chosen', driver: 'generate', place: '', from: '1' } as const
  const begun = beginRotation(db, theirs, what, at)
  writeRotation(db, theirs, { ...begun, step: 'stuck' }, at)
  db.exec('UPDATE locks SET pid = NULL')

  const said: string[] = []
  for (const hours of [0, 2, 2, 24]) said.push(...(await after(hours)))
  const words = 'key: it lies where k in environment default of /other does'
  expect(said.map((one) => one.slice(0, one.indexOf(', whose')))).toEqual([
    `warn: ${words}`,
    `debug: ${words}`,
    `debug: ${words}`,
    `warn: ${words}`,
  ])
  expect(openRotationsOf(db, config)).toEqual([])
  expect(existsSync(join(gateway.home.dir, 'rotations.age'))).toBe(false)
})

test('without any rule: what somebody wanted, and was undone, is looked at once an hour and begins anew', async () => {
  const at = new Date()
  const { gateway, config, write, after } = await world({ rotate: { driver: 'generate' } }, {}, at)
  const undone = {
    steps: ['staged', 'aborting', 'failed', 'planned'],
    reason: 'unavailable',
  } as const
  const key = { config, environment: 'default', ref: 'key' }
  writeJournal(gateway.home, [{ ...key, ...undone, from: '1', began: at }])
  const unread = 'cannot be read, so that nobody knows whether it is due'
  expect(await after(0)).toEqual([expect.stringContaining(`warn: key: ${unread}`)])
  expect(await after(0.9)).toEqual([])
  expect(await after(0.1)).toEqual([expect.stringContaining(`debug: key: ${unread}`)])
  write('secrets.json', { key: 'fake-value' })
  expect(await after(1)).toContainEqual(expect.stringContaining('info: key: rotated'))
})
