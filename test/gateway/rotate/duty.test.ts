/** What a serving gateway does of itself where another rotation is under way in the same place. */
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

const HOUR_MS = 3_600_000

test('it is said once a day, and nothing is begun', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-duty-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, content: object): string => {
    const path = join(dir, name)
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
    return path
  }
  write('secrets.json', { key: 'fake-value' })
  const rotate = { driver: 'generate', before: '7d' }
  const config = write('config.json', {
    secrets: { providers: { file: { path: 'secrets.json' } } },
    openclaw: {
      gateway: {
        secrets: {
          refMap: { key: { provider: 'file', target: 'key', expiresAt: '2027-01-01', rotate } },
        },
      },
    },
  })
  let now = new Date('2026-12-31T00:00:00Z')
  const env = { SECRETREF_HOME: join(dir, 'home'), HOME: dir }
  const io: Io = {
    program: 'secretref',
    env,
    cwd: dir,
    home: homeOf(env),
    signs: false,
    now: () => now,
    out: expect.unreachable,
    err: expect.unreachable,
  }
  const gateway = await openGateway(io, { config })
  onTestFinished(() => gateway.settle())
  mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
  const db = openJournal(io.home)
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
  const begun = beginRotation(db, theirs, what, now)
  writeRotation(db, theirs, { ...begun, step: 'stuck' }, now)
  db.exec('UPDATE locks SET pid = NULL')

  const said: string[] = []
  const duty = rotations(gateway, undefined, (level, sentence) =>
    said.push(`${level}: ${sentence}`),
  )
  const { signal } = new AbortController()
  for (const hours of [0, 2, 2, 24]) {
    now = new Date(now.getTime() + hours * HOUR_MS)
    await duty(signal)
  }
  const words = 'key: it lies where k in environment default of /other does'
  expect(said.map((one) => one.slice(0, one.indexOf(', whose')))).toEqual([
    `warn: ${words}`,
    `debug: ${words}`,
    `debug: ${words}`,
    `warn: ${words}`,
  ])
  expect(openRotationsOf(db, config)).toEqual([])
  expect(existsSync(join(io.home.dir, 'rotations.age'))).toBe(false)
})
