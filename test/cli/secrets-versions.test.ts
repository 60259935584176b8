/** `secrets history`, `rollback`, `rm`: versions of a stored value, without the value. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configOf, makeWorld, recordsOf, run, type Ended, type World } from '../process/support.ts'

const PRINT = ['/bin/sh', '-c', 'printf %s "$KEY"']

async function stored(...values: string[]): Promise<World> {
  const world = makeWorld({ config: configOf(['key'], {}, { store: {} }) })
  for (const value of values) {
    const stdin = Buffer.from(value)
    const ended = await run(world, ['secrets', 'set', 'key', '--config', world.config], { stdin })
    expect(ended.code).toBe(0)
  }
  return world
}

function secrets(world: World, ...words: string[]): Promise<Ended> {
  return run(world, ['secrets', ...words, '--config', world.config])
}

async function delivered(world: World): Promise<string> {
  return (await run(world, ['run', '--config', world.config, '--', ...PRINT])).out
}

test('history lists what is kept, newest first, and no value', async () => {
  const world = await stored('fake-one', 'fake-two')
  const { out, err } = await secrets(world, 'history', 'key')
  expect(err).toBe('')
  expect(out.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toMatchObject([
    ['VERSION', 'STORED'],
    ['2', 'current'],
    ['1', 'previous'],
    [''],
  ])
  const json: unknown = JSON.parse((await secrets(world, 'history', 'key', '--json')).out)
  expect(json).toMatchObject({ version: 1, versions: [{ version: '2' }, { version: '1' }] })
  expect(out + JSON.stringify(json)).not.toContain('fake-')
})

test('rollback makes the previous version current, or one that is named; it is on record', async () => {
  const world = await stored('fake-one', 'fake-two', 'fake-three')
  expect(await delivered(world)).toBe('fake-three')
  expect((await secrets(world, 'rollback', 'key')).err).toBe('key: version 2 is current (was 3)\n')
  expect(await delivered(world)).toBe('fake-two')
  await secrets(world, 'rollback', 'key', '--to', '1')
  expect(await delivered(world)).toBe('fake-one')
  const none = await secrets(world, 'rollback', 'key', '--to', '9')
  expect(none.code).toBe(1)
  expect(none.err).toContain('no such version of "key"')
  const written = recordsOf(world).filter(({ detail }) => detail?.['action'] === 'rollback')
  expect(written.map(({ event, secret }) => [event, secret?.version])).toEqual([
    ['secret.intent', undefined],
    ['secret.written', '2'],
    ['secret.intent', undefined],
    ['secret.written', '1'],
    ['secret.intent', undefined],
    ['secret.failed', undefined],
  ])
})

test('rm asks for --yes, and then nothing is left', async () => {
  const world = await stored('fake-one')
  const before = readFileSync(world.home.store.path)
  const asked = await secrets(world, 'rm', 'key')
  expect([asked.code, asked.err.includes('--yes')]).toEqual([1, true])
  expect(readFileSync(world.home.store.path)).toEqual(before)
  expect((await secrets(world, 'rm', 'key', '--yes')).code).toBe(0)
  expect(recordsOf(world).at(-1)).toMatchObject({ event: 'secret.removed', ref: 'key' })
  expect((await secrets(world, 'history', 'key')).err).toContain('has no entry for "key"')
})

test('a provider that keeps no versions says so; an agent changes nothing', async () => {
  const world = await stored('fake-one')
  const file = await secrets(world, 'history', 'key', '--secrets-provider', 'file')
  expect(file.err).toContain('provider "file" keeps no versions [PROVIDER_UNSUPPORTED]')
  const env = { SECRETREF_RUN: 'run-fake' }
  for (const words of [
    ['rollback', 'key'],
    ['rm', 'key', '--yes'],
  ]) {
    const ended = await run(world, ['secrets', ...words, '--config', world.config], { env })
    expect(ended.err).toContain('[AGENT_NOT_ALLOWED]')
  }
})

test('describe tells which version its provider has, and since when; an outage is said in its place', async () => {
  const world = await stored('fake-one', 'fake-two')
  const { out, code } = await secrets(world, 'describe', 'key')
  const today = new Date().toISOString().slice(0, 10)
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^  stored +version 2, since ${today}; 2 versions are kept$`, 'm'))
  const json = await secrets(world, 'describe', 'key', '--json')
  expect(JSON.parse(json.out)).toMatchObject({
    environments: [{ stored: { count: 2, current: { version: '2', stages: ['current'] } } }],
  })
  writeFileSync(world.home.store.identity, 'x')
  const broken = await secrets(world, 'describe', 'key')
  expect([broken.code, broken.out]).toEqual([
    0,
    expect.stringMatching(/^ {2}stored +not known: .*\[SECRET_MALFORMED\]$/m),
  ])
  expect(out + broken.out).not.toContain('fake-')
})
