/**
 * A symbolic link or a FIFO in place of each file of ours: no hang, a clear word, nothing written where
 * the link leads, and the value nowhere but in its own file and in the agent.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configOf, makeWorld, run, runAgent, type Ended, type World } from './support.ts'

const VALUE = ['fake', 'value', '0123456789abcdef'].join('-')

const HOW = ['a link', 'a link to nothing', 'a FIFO'] as const
type How = (typeof HOW)[number]

/** Puts it there, after a first run in which every file came to be; what was there lies in `away`. */
async function replaced(path: string, how: How): Promise<World> {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: VALUE } })
  expect((await runAgent(world, ['/bin/echo', 'first'])).out).toBe('first\n')
  const place = join(world.dir, path)
  const away = join(world.dir, 'away')
  if (existsSync(place)) renameSync(place, away)
  else writeFileSync(away, '{}', { mode: 0o600 })
  if (how === 'a link') symlinkSync(away, place)
  if (how === 'a link to nothing') symlinkSync(join(world.dir, 'nowhere'), place)
  if (how === 'a FIFO') execFileSync('mkfifo', ['-m', '600', place])
  return world
}

/** Every regular file and its content, by path. */
function filesIn(dir: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dir, name)
    if (lstatSync(path).isFile()) found.set(name, readFileSync(path, 'latin1'))
  }
  return found
}

function expectNothingAstray(world: World, away: ReadonlyMap<string, string>, ended: Ended): void {
  expect(ended.err).not.toMatch(/\n\s+at |file:\/\/|node:/)
  expect(ended.out + ended.err).not.toContain(VALUE)
  expect(existsSync(join(world.dir, 'nowhere'))).toBe(false)
  const now = filesIn(world.dir)
  for (const [name, content] of away) expect(now.get(name) === content).toBe(true)
  for (const [name, content] of now) {
    if (/^(?:state\/secrets\.json|away)$/.test(name)) continue
    expect(content.includes(VALUE)).toBe(false)
  }
}

/** What was moved away, in one file or in a folder. */
function awayIn(world: World): Map<string, string> {
  return new Map([...filesIn(world.dir)].filter(([name]) => /^away(?:\/|$)/.test(name)))
}

const AUDIT = /\[AUDIT_UNAVAILABLE\]/
const KEY = /cannot use the key for fingerprints, .*\[(?:FILE_INSECURE|STATE_UNAVAILABLE)\]/
const SECRETS = /\[FILE_INSECURE\]/

describe.each(HOW)('%s', (how) => {
  test.each([
    ['state/audit.log', AUDIT],
    ['state/audit.lock', AUDIT],
    ['state/audit.checkpoint', AUDIT],
    ['state/keys', AUDIT],
    ['state/keys/checkpoint.key', AUDIT],
    ['state/keys/fingerprint.key', KEY],
    ['state/secrets.json', SECRETS],
  ])('in place of %s: nothing is started', async (path, words) => {
    const world = await replaced(path, how)
    const away = awayIn(world)
    const ended = await runAgent(world, ['/bin/echo', 'started'])
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
    expect(ended.err).toMatch(words)
    expect(ended.err).toContain('hint: ')
    expectNothingAstray(world, away, ended)
  })

  test('in place of state.db: the run goes on, and it is said', async () => {
    const world = await replaced('state/state.db', how)
    const away = awayIn(world)
    const ended = await runAgent(world, ['/bin/echo', 'started'])
    expect({ code: ended.code, out: ended.out }).toEqual({ code: 0, out: 'started\n' })
    expect(ended.err).toMatch(/state\.db is not a file of ours/)
    expectNothingAstray(world, away, ended)
    const status = await run(world, ['gateway', 'status', '--config', world.config, '--secrets'])
    expect({ code: status.code, out: status.out }).toEqual({ code: 1, out: '' })
    expect(status.err).toMatch(/\[STATE_UNAVAILABLE\]/)
    expectNothingAstray(world, away, status)
  })

  test('in place of the config: a link is followed, the rest refused', async () => {
    const world = await replaced('config.json', how)
    const away = awayIn(world)
    const ended = await runAgent(world, ['/bin/echo', 'started'])
    expect(ended.code).toBe(how === 'a link' ? 0 : 125)
    if (how !== 'a link') expect(ended.err).toMatch(/\[CONFIG_(?:NOT_FOUND|INSECURE)\]/)
    expectNothingAstray(world, away, ended)
  })

  test('in place of trust.json: trusts nothing, and is not written through', async () => {
    const world = await replaced('state/trust.json', how)
    renameSync(world.config, join(world.dir, 'secretref.json'))
    const away = awayIn(world)
    const before = await run(world, ['run', '--', '/bin/echo', 'started'])
    expect({ code: before.code, out: before.out }).toEqual({ code: 125, out: '' })
    expectNothingAstray(world, away, before)
    const trusted = await run(world, ['trust'])
    expectNothingAstray(world, away, trusted)
    const after = await run(world, ['run', '--', '/bin/echo', 'started'])
    expect(after.out).toBe(trusted.code === 0 ? 'started\n' : '')
    expectNothingAstray(world, away, after)
  })

  test('in place of the run folder: what is delivered as a file is not put there', async () => {
    const world = await replaced('state/run', how)
    world.writeConfig(configOf([{ secretRef: 'key', delivery: 'file' }]))
    const away = awayIn(world)
    const ended = await runAgent(world, ['/bin/sh', '-c', 'cat "$KEY_FILE" | wc -c'])
    expect({ code: ended.code, out: ended.out.trim() }).toEqual({
      code: 0,
      out: String(VALUE.length),
    })
    expectNothingAstray(world, away, ended)
  })
})

test('a folder of ours that others can enter holds no key', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: VALUE } })
  mkdirSync(world.home.keys, { mode: 0o755 })
  const ended = await runAgent(world, ['/bin/echo', 'started'])
  expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
  expect(ended.err).toMatch(KEY)
})
