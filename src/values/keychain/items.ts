/**
 * Items of the OS keychain: macOS Keychain, the Secret Service elsewhere. The library is an optional
 * package, imported on use.
 *
 * On Linux it is held to the Secret Service: left to itself it falls back to the kernel's keyring, which
 * is gone at the next boot. What its errors say is never shown; by their first words a keychain that is
 * locked is told from one that is not there.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AsyncEntry } from '@napi-rs/keyring'
import type { Failure } from '../providers/contract.ts'
import { copy } from '../secret/bytes.ts'
import { final, unavailable } from '../secret/outcome.ts'

export interface Item {
  service: string
  account: string
}

/** What a process needs of the gateway's variables to find this user's keychain. */
export const KEYCHAIN_VARIABLES = ['DBUS_SESSION_BUS_ADDRESS', 'HOME', 'XDG_RUNTIME_DIR'] as const

export type ItemRead = { kind: 'item'; bytes: Buffer } | Failure
export type ItemChange = { kind: 'done' } | Failure

const LINUX = { linux: { store: 'secret-service' } } as const
const LOCKED = /^Couldn't access platform storage\b/

/** Names of services and accounts that every keychain takes. */
export function isItemName(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(name)
}

/** The library reads them from the process, as the loader of its D-Bus client does. */
export function enterKeychain(env: ReadonlyMap<string, Buffer>): void {
  for (const name of KEYCHAIN_VARIABLES) {
    const value = env.get(name)
    if (value !== undefined) process.env[name] ??= value.toString()
  }
}

/** The bytes belong to the caller, who wipes them; `absent` where there is no such item. */
export async function readItem(item: Item, signal?: AbortSignal): Promise<ItemRead> {
  return withEntry(item, async (entry) => {
    const bytes = await entry.getSecret(signal)
    if (bytes === null) return final('absent', 'SECRET_NOT_FOUND', 'no-such-key')
    const own = copy(Uint8Array.from(bytes))
    bytes.fill(0)
    return { kind: 'item', bytes: own }
  })
}

/** @param bytes the caller's, who wipes them */
export async function writeItem(item: Item, bytes: Buffer): Promise<ItemChange> {
  return withEntry(item, async (entry) => {
    await entry.setSecret(bytes)
    return { kind: 'done' }
  })
}

/** `absent` where there was none. */
export async function removeItem(item: Item): Promise<ItemChange> {
  return withEntry(item, async (entry) =>
    (await entry.deleteCredential())
      ? { kind: 'done' }
      : final('absent', 'SECRET_NOT_FOUND', 'no-such-key'),
  )
}

async function withEntry<T>(
  { service, account }: Item,
  work: (entry: AsyncEntry) => Promise<T | Failure>,
): Promise<T | Failure> {
  let Entry: typeof AsyncEntry
  try {
    ;({ AsyncEntry: Entry } = await import('@napi-rs/keyring'))
  } catch {
    return final('malformed', 'PROVIDER_UNSUPPORTED', 'no-keychain-library')
  }
  if (isHeadless()) return unavailable('no-keychain')
  try {
    return await work(new Entry(service, account, LINUX))
  } catch (error) {
    const locked = error instanceof Error && LOCKED.test(error.message)
    return unavailable(locked ? 'keychain-locked' : 'no-keychain')
  }
}

/** No session bus: the library would say the same, some of its versions only after a wait. */
function isHeadless(): boolean {
  if (process.platform !== 'linux' || process.env['DBUS_SESSION_BUS_ADDRESS']) return false
  const folder = process.env['XDG_RUNTIME_DIR']
  return folder === undefined || !existsSync(join(folder, 'bus'))
}
