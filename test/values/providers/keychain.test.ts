/** Against gnome-keyring on a D-Bus of its own; what a machine without one says, anywhere. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainFailure } from '../../../src/policy/explain.ts'
import { readItem, writeItem } from '../../../src/values/keychain/items.ts'
import { provider } from '../../../src/values/providers/keychain.ts'
import { hasKeyring, startKeyring, type Keyring } from '../../servers/keyring.ts'
import { loudly } from '../loud.ts'
import { bytesOf, conformance, contextOf, expectSafe, only } from './conformance.ts'

const BUS = ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'] as const

/** The library asks this process's environment; each test says what is in it. */
function useBus(env: Partial<Record<(typeof BUS)[number], string>>): void {
  for (const name of BUS) {
    if (env[name] === undefined) delete process.env[name]
    else process.env[name] = env[name]
  }
}

const before = Object.fromEntries(BUS.map((name) => [name, process.env[name]]))
afterAll(() => useBus(before))

let services = 0

describe('with no keychain', () => {
  test('it could not be asked, in words that help, and a closed code', async () => {
    useBus({})
    const session = await provider.open({}, contextOf())
    const outcome = await only(session, { path: 'fake-name' })
    expectSafe(outcome)
    expect(outcome).toMatchObject({ kind: 'unavailable', reason: 'no-keychain' })
    expect(
      await session.put?.({ path: 'a' }, Buffer.from('fake'), { expect: 'any', operation: 'o' }),
    ).toMatchObject({ kind: 'unavailable', reason: 'no-keychain' })
    const about = { ref: 'a', envVar: 'A', provider: 'desk', providerType: 'keychain' }
    const failure = { ...about, code: 'PROVIDER_UNAVAILABLE', reason: 'no-keychain' } as const
    expect(explainFailure(failure)).toEqual({
      message: 'provider "desk" has no keychain to ask: this session has no Secret Service',
      hint: 'start it inside a desktop session or `dbus-run-session`; on a server use a provider of type store',
    })
  })
})

if (!hasKeyring) loudly('the keychain provider', 'gnome-keyring or dbus is not installed')

describe.runIf(hasKeyring)('gnome-keyring', () => {
  let keyring: Keyring
  beforeAll(async () => {
    keyring = await startKeyring()
    useBus(keyring.env)
  })
  afterAll(() => keyring.stop())

  conformance('keychain', {
    provider,
    carries: 'any byte',
    open: async (values, signal) => {
      services += 1
      const service = `fake-service-${services}`
      for (const [account, value] of values) {
        expect(await writeItem({ service, account }, value)).toEqual({ kind: 'done' })
      }
      const session = await provider.open(
        { service },
        contextOf(signal === undefined ? {} : { signal }),
      )
      return { session, at: (path) => ({ path }) }
    },
  })

  test('what is written is read, what is removed is gone, and nothing is compared', async () => {
    const session = await provider.open({ service: 'fake-own' }, contextOf())
    const at = { path: 'me@example.com' }
    const put = (value: string, expect_: string, stage?: 'pending') =>
      session.put?.(at, Buffer.from(value), {
        expect: expect_,
        operation: 'op',
        ...(stage === undefined ? {} : { stage }),
      })
    expect(await put('fake-one', 'any')).toMatchObject({ kind: 'written', at })
    expect(bytesOf(await only(session, at)).toString()).toBe('fake-one')
    for (const expected of ['absent', '1']) {
      expect(await put('fake-two', expected)).toMatchObject({ reason: 'no-compare' })
    }
    expect(await put('fake-two', 'any', 'pending')).toMatchObject({ reason: 'no-stages' })
    expect(bytesOf(await only(session, at)).toString()).toBe('fake-one')
    expect(await readItem({ service: 'fake-other', account: at.path })).toMatchObject({
      kind: 'absent',
    })
    expect(await session.remove?.(at, 'any')).toMatchObject({ kind: 'written' })
    expect(await session.remove?.(at, 'any')).toMatchObject({ kind: 'absent' })
    expect(await only(session, at)).toMatchObject({ kind: 'absent', reason: 'no-such-key' })
  })

  test('a version or a field that a keychain cannot have is refused', async () => {
    const session = await provider.open({}, contextOf())
    for (const at of [
      { path: 'a', version: '1' },
      { path: 'a', field: 'b' },
    ]) {
      expect(await only(session, at)).toMatchObject({ kind: 'malformed', reason: 'bad-name' })
    }
  })
})
