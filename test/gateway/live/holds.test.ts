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
const OLD: Ending = { provider: 'store', version: '1' }
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

function begin(home: Home, agent = 'a', run = '1-a'): RunHolds {
  const bindings = [bindingOf({ agent, ref: 'key', envVar: 'KEY' })]
  mkdirSync(home.dir, { recursive: true, mode: 0o700 })
  const holds = new RunHolds(gateway(home), run, { agent, environment: 'default', bindings })
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
  const ending = { provider: 'file', version: 'ino.2', fingerprint: 'hmac-sha256:same' }
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

test('another environment, config, ref or provider holds nothing of it', () => {
  const home = tempHome()
  begin(home).has([gets('1')])
  expect(holdersOf(home, { ...KEY, environment: 'staging' }, OLD)).toEqual([])
  expect(holdersOf(home, { ...KEY, config: '/fake/other.json' }, OLD)).toEqual([])
  expect(holdersOf(home, { ...KEY, ref: 'other' }, OLD)).toEqual([])
  expect(holdersOf(home, KEY, { ...OLD, provider: 'vault' })).toEqual([])
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
