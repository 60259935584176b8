/** The gateway holds no value of a store or a keychain, and nothing that opens them. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { hasKeyring, startKeyring } from '../servers/keyring.ts'
import { skipLoudly } from '../values/loud.ts'
import { expectNoCopies, watchedConfig } from './memory-of-run.ts'
import { describeOnLinux, makeWorld, run, type World } from './support.ts'

const marker = (): string => randomBytes(24).toString('hex')

async function stored(
  world: World,
  providers: Record<string, object>,
  env: Record<string, string> = {},
): Promise<string> {
  const value = marker()
  world.writeConfig(watchedConfig(world, providers))
  const set = ['secrets', 'set', 'key', '--config', world.config]
  const ended = await run(world, set, { env, stdin: Buffer.from(value) })
  expect(ended.code, ended.err).toBe(0)
  return value
}

describeOnLinux('memory of the gateway and of `run`', () => {
  test('store with a key file: no copy of a value, nor of the key', async () => {
    const world = makeWorld()
    const value = await stored(world, { store: {} })
    const key = /AGE-SECRET-KEY-[A-Z0-9]+/.exec(readFileSync(world.home.store.identity, 'utf8'))
    expect(key).not.toBeNull()
    await expectNoCopies(world, value, { keys: [key?.[0].slice(15) ?? ''] })
  })

  test(
    'store with a passphrase: no copy of a value, nor of the passphrase',
    { timeout: 60_000 },
    async () => {
      const world = makeWorld()
      const passphrase = marker()
      const passphraseFile = world.write('passphrase', passphrase)
      const value = await stored(world, { store: { passphraseFile } })
      await expectNoCopies(world, value, { keys: [passphrase] })
    },
  )

  test.for<[string, Record<string, object>]>([
    ['store with its key in the keychain', { store: { identity: 'keychain' } }],
    ['keychain', { keychain: {} }],
  ])('%s: no copy of a value', async ([what, providers], context) => {
    if (!hasKeyring) skipLoudly(context, `memory, ${what}`, 'gnome-keyring is not installed')
    const keyring = await startKeyring()
    onTestFinished(() => keyring.stop())
    const { DBUS_SESSION_BUS_ADDRESS } = keyring.env
    const env = { DBUS_SESSION_BUS_ADDRESS }
    const world = makeWorld()
    await expectNoCopies(world, await stored(world, providers, env), { env })
  })
})
