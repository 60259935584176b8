/** A store whose key lies in the keychain, against gnome-keyring; and what is said where there is none. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { configOf, makeWorld, recordsOf, run } from '../process/support.ts'
import { hasKeyring, startKeyring } from '../servers/keyring.ts'
import { skipLoudly } from '../values/loud.ts'

const PRINT = ['/bin/sh', '-c', 'printf %s "$KEY"']

test('init, set, run and rekey, and no key on the disk', async (context) => {
  if (!hasKeyring) skipLoudly(context, 'a key in the keychain', 'gnome-keyring is not installed')
  const keyring = await startKeyring()
  onTestFinished(() => keyring.stop())
  const { DBUS_SESSION_BUS_ADDRESS } = keyring.env
  const env = { DBUS_SESSION_BUS_ADDRESS }
  const world = makeWorld({ config: configOf(['key'], {}, { store: { identity: 'keychain' } }) })
  const tell = (words: readonly string[], stdin?: Buffer) =>
    run(world, [...words, '--config', world.config], {
      env,
      ...(stdin === undefined ? {} : { stdin }),
    })
  const made = await tell(['store', 'init'])
  expect(made.err).toContain('(the keychain)')
  expect((await tell(['secrets', 'set', 'key'], Buffer.from('fake-behind-keychain'))).code).toBe(0)
  const ran = () => run(world, ['run', '--config', world.config, '--', ...PRINT], { env })
  expect((await ran()).out).toBe('fake-behind-keychain')
  expect(existsSync(world.home.store.identity)).toBe(false)
  expect((await tell(['store', 'rekey'])).code).toBe(0)
  expect((await ran()).out).toBe('fake-behind-keychain')
  if (spawnSync('age', ['--version']).status !== 0 || spawnSync('secret-tool').error) return
  const { path } = world.home.store
  const attributes = ['service', 'secretref-store', 'username', path]
  const options = { env: { ...process.env, ...keyring.env } }
  const key = execFileSync('secret-tool', ['lookup', ...attributes], options)
  const opened = execFileSync('age', ['-d', '-i', '-', path], { input: key }).toString()
  expect(opened).toContain('"secretref-store": 1')
})

test('a key goes from its file into the keychain and back, and starts go on meanwhile', async (context) => {
  if (!hasKeyring) skipLoudly(context, 'a key in the keychain', 'gnome-keyring is not installed')
  const keyring = await startKeyring()
  onTestFinished(() => keyring.stop())
  const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env.DBUS_SESSION_BUS_ADDRESS }
  const inFile = configOf(['key'], {}, { store: {} })
  const inKeychain = configOf(['key'], {}, { store: { identity: 'keychain' } })
  const world = makeWorld({ config: inFile })
  const tell = (...words: string[]) => run(world, [...words, '--config', world.config], { env })
  const start = ['run', '--config', world.config, '--', ...PRINT]
  const ran = async () => (await run(world, start, { env })).out
  const stdin = Buffer.from('fake-kept')
  await run(world, ['secrets', 'set', 'key', '--config', world.config], { stdin })
  const there = await tell('store', 'rekey', '--keychain')
  expect(there.err).toContain('is opened by a key in the keychain from now on')
  expect(there.err).toContain(
    'hint: write it into the config: "providers": {"store": {"identity": "keychain"}}',
  )
  const old = await ran()
  world.writeConfig(inKeychain)
  rmSync(world.home.store.identity)
  expect([old, await ran()]).toEqual(['fake-kept', 'fake-kept'])
  const back = await tell('store', 'rekey', '--key-file')
  expect(back.err).toContain(`"identity": "${world.home.store.identity}"`)
  world.writeConfig(inFile)
  expect((await run(world, ['run', '--config', world.config, '--', ...PRINT])).out).toBe(
    'fake-kept',
  )
})

test('a provider of type keychain: set, run, rm; a chain goes on where there is none', async (context) => {
  if (!hasKeyring) skipLoudly(context, 'the keychain provider', 'gnome-keyring is not installed')
  const keyring = await startKeyring()
  onTestFinished(() => keyring.stop())
  const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env.DBUS_SESSION_BUS_ADDRESS }
  const config = {
    ...configOf(['key'], {}, { keychain: {}, store: {} }),
    openclaw: { gateway: { secrets: { refMap: { key: { provider: ['keychain', 'store'] } } } } },
  }
  const world = makeWorld({ config })
  const set = ['secrets', 'set', 'key', '--config', world.config]
  await run(world, set, { env, stdin: Buffer.from('fake-in-keychain') })
  const inStore = { stdin: Buffer.from('fake-in-store') }
  await run(world, [...set, '--secrets-provider', 'store'], inStore)
  const start = ['run', '--config', world.config, '--', ...PRINT]
  expect((await run(world, start, { env })).out).toBe('fake-in-keychain')
  expect((await run(world, start)).out).toBe('fake-in-store')
  expect(recordsOf(world)).toContainEqual(
    expect.objectContaining({ event: 'provider.fallback', provider: 'keychain' }),
  )
  const removed = ['secrets', 'rm', 'key', '--yes', '--config', world.config]
  expect((await run(world, removed, { env })).code).toBe(0)
  // It is not there, which is an answer: no chain goes past it.
  expect((await run(world, start, { env })).code).toBe(125)
})

test('on a machine without a keychain nothing is made, and it says what to do instead', async () => {
  const world = makeWorld({ config: configOf(['key'], {}, { store: { identity: 'keychain' } }) })
  const words = ['store', 'init', '--config', world.config]
  const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }
  for (const env of [{}, bus]) {
    const ended = await run(world, words, { env })
    expect([ended.code, ended.err.includes('[PROVIDER_UNAVAILABLE]')]).toEqual([1, true])
    expect(ended.err).toContain('no keychain to ask')
  }
  expect(existsSync(world.home.store.path)).toBe(false)
})
