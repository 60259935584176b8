/** In a file of its own: the D-Bus client asks a process once where its session is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provider } from '../../../src/values/providers/keychain.ts'
import { hasKeyring, startKeyring, type Keyring } from '../../servers/keyring.ts'
import { loudly } from '../loud.ts'
import { contextOf, expectSafe, only } from './conformance.ts'

if (!hasKeyring) loudly('a locked keychain', 'gnome-keyring or dbus is not installed')

describe.runIf(hasKeyring)('a keychain that is locked', () => {
  let keyring: Keyring
  beforeAll(async () => {
    keyring = await startKeyring('locked')
    Object.assign(process.env, keyring.env)
  })
  afterAll(() => keyring.stop())

  test('takes nothing, and says that it is locked; nothing is said of what is in it', async () => {
    const session = await provider.open({}, contextOf())
    const put = await session.put?.({ path: 'a' }, Buffer.from('fake'), {
      expect: 'any',
      operation: 'op',
    })
    expect(put).toMatchObject({ kind: 'unavailable', reason: 'keychain-locked' })
    expectSafe(await only(session, { path: 'a' }))
  })
})
