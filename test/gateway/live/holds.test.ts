/** Who holds a value that is about to be ended. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdersOf, RunHolds, type Ending, type Gets } from '../../../src/gateway/live/holds.ts'
import { ourselves } from '../../../src/gateway/live/sign.ts'
import { pidNamespace } from '../../../src/gateway/surroundings.ts'
import type { Home } from '../../../src/state/home.ts'
import { momentAt, type Moment } from '../../../src/state/moment.ts'
import { bindingOf } from '../binding.ts'
import { tempHome } from '../../state/folder.ts'

const CONFIG = '/fake/config.json'
const KEY = { config: CONFIG, environment: 'default', ref: 'key' }
const PLACE = 'its place'
const OLD: Ending = { provider: 'store', places: [PLACE], version: '1' }
const NOW = momentAt(new Date())
const later = (ms: number): Moment => ({
  at: new Date(NOW.at.getTime() + ms),
  ...(NOW.boot === undefined ? {} : { boot: NOW.boot, up: (NOW.up ?? 0) + ms }),
})

const gateway = (home: Home): { home: Home; loaded: { path: string } } => ({
  home,
  loaded: { path: CONFIG },
})

const gets = (version: string, fingerprint = `hmac-sha256:${version}`): Gets => ({
  binding: { envVar: 'KEY', ref: 'key' },
  fetched: { provider: 'store', version, fingerprint },
})

/** @param place where its value may come from */
function begin(home: Home, agent = 'a', run = '1-a', place = 'some place'): RunHolds {
  const chain = [{ provider: 'store', at: { path: place } }]
  const bindings = [bindingOf({ agent, ref: 'key', envVar: 'KEY', chain })]
  mkdirSync(home.dir, { recursive: true, mode: 0o700 })
  const about = { agent, environment: 'default', bindings }
  const holds = new RunHolds(gateway(home), run, about, ({ at: { path } }) => path)
  holds.begin()
  return holds
}

test('a start holds whatever it may be given, from before it asks until it has it', () => {
  const home = tempHome()
  const holds = begin(home)
  expect(holdersOf(home, KEY, { ...OLD, replaced: later(60_000) })).toEqual(['a'])
  holds.has([gets('2')])
  expect(holdersOf(home, KEY, { ...OLD, replaced: later(60_000) })).toEqual([])
  expect(holdersOf(home, KEY, { ...OLD, version: '2' })).toEqual(['a'])
})

test('one that began after the new value became current is given that one', () => {
  const home = tempHome()
  begin(home)
  expect(holdersOf(home, KEY, { ...OLD, replaced: later(-600_000) })).toEqual([])
  // Of another machine, whose clock may be a little off.
  const { at } = later(-30_000)
  expect(holdersOf(home, KEY, { ...OLD, replaced: { at } })).toEqual(['a'])
})

test('each run counts, also of one agent', () => {
  const home = tempHome()
  const first = begin(home, 'a', '1-a')
  first.has([gets('1')])
  begin(home, 'a', '1-b').has([gets('2')])
  expect(holdersOf(home, KEY, OLD)).toEqual(['a'])
  first.end()
  expect(holdersOf(home, KEY, OLD)).toEqual([])
})

test('the same value counts, whatever its version was called then', () => {
  const home = tempHome()
  begin(home).has([gets('ino.1', 'hmac-sha256:same')])
  const ending = { ...OLD, provider: 'file', version: 'ino.2', fingerprint: 'hmac-sha256:same' }
  expect(holdersOf(home, KEY, ending)).toEqual(['a'])
  expect(holdersOf(home, KEY, { ...ending, fingerprint: 'hmac-sha256:other' })).toEqual([])
})

test('a file that is read again may get what is current; then it has that, or one of both', () => {
  const home = tempHome()
  const holds = begin(home)
  holds.has([gets('1')])
  holds.mayGet([gets('1')])
  expect(holdersOf(home, KEY, { ...OLD, version: '2', replaced: later(60_000) })).toEqual(['a'])
  holds.got([], [gets('2')])
  for (const version of ['1', '2']) {
    expect(holdersOf(home, KEY, { ...OLD, version })).toEqual(['a'])
  }
  holds.got([gets('2')], [])
  expect(holdersOf(home, KEY, OLD)).toEqual([])
})

test('what is written anew, longer or shorter, is read whole', () => {
  const home = tempHome()
  const holds = begin(home)
  const long = 'v'.repeat(5000)
  holds.has([gets(long)])
  expect(holdersOf(home, KEY, { ...OLD, version: long })).toEqual(['a'])
  holds.has([gets('1')])
  expect(holdersOf(home, KEY, OLD)).toEqual(['a'])
  expect(holdersOf(home, KEY, { ...OLD, version: long })).toEqual([])
})

/** Of another environment, config, ref. */
const OTHERS = [
  [{ ...KEY, environment: 'staging' }, 'a (default)'],
  [{ ...KEY, config: '/fake/other.json' }, 'a (another config)'],
  [{ ...KEY, ref: 'other' }, 'a'],
] as const

test('what another environment, config or ref has from another place is nothing of it', () => {
  const home = tempHome()
  const holds = begin(home)
  for (const [key] of OTHERS) expect(holdersOf(home, key, OLD)).toEqual([])
  holds.has([gets('1')])
  for (const [key] of OTHERS) expect(holdersOf(home, key, OLD)).toEqual([])
  expect(holdersOf(home, KEY, { ...OLD, provider: 'vault' })).toEqual([])
})

test('what may come from the same place, or has come from there, is held whatever its name', () => {
  const home = tempHome()
  const holds = begin(home, 'a', '1-a', PLACE)
  for (const [key, name] of OTHERS) expect(holdersOf(home, key, OLD)).toEqual([name])
  // The place may have another name by now.
  for (const [key, name] of OTHERS) {
    expect(holdersOf(home, key, { ...OLD, places: ['by now', PLACE] })).toEqual([name])
    expect(holdersOf(home, key, { ...OLD, places: ['by now'] })).toEqual([])
  }
  holds.has([gets('1')])
  // Another config may know the provider by another name.
  for (const [key, name] of OTHERS) {
    expect(holdersOf(home, key, { ...OLD, provider: 'store-2' })).toEqual([name])
  }
  holds.has([gets('2')])
  for (const [key] of OTHERS) expect(holdersOf(home, key, OLD)).toEqual([])
  holds.mayGet([gets('2')])
  for (const [key, name] of OTHERS) expect(holdersOf(home, key, OLD)).toEqual([name])
})

test('the same value is held, wherever it came from', () => {
  const home = tempHome()
  begin(home).has([gets('7', 'hmac-sha256:same')])
  const ending = { ...OLD, fingerprint: 'hmac-sha256:same' }
  for (const [key, name] of OTHERS) expect(holdersOf(home, key, ending)).toEqual([name])
})

test('what cannot be read may hold anything, and what a dead gateway has left holds nothing', () => {
  const home = tempHome()
  begin(home).end()
  expect(readdirSync(home.live)).toEqual([ourselves()])
  const rest = '0d9a3c8d3b6f8a8b'
  writeFileSync(join(home.live, `4194301-1-${pidNamespace()}.${rest}.1-a`), '{')
  expect(holdersOf(home, KEY, OLD)).toEqual([])
  const holds = begin(home)
  const name = readdirSync(home.live).find((one) => one.startsWith(`${ourselves()}.`)) ?? ''
  writeFileSync(join(home.live, name), '{')
  expect(holdersOf(home, KEY, OLD)).toEqual(['an unknown agent'])
  holds.end()
  holds.has([gets('1')])
  expect(holdersOf(home, KEY, OLD)).toEqual([])
})
