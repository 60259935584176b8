/** Who acts is refused: asked for anew once, and never a word about what is rotated. */
import { expect, test } from 'vitest'
import type { Admin } from '../../../src/values/rotator/admin.ts'
import { byAdmin } from '../../../src/values/rotator/by-admin.ts'
import type { Credential, Issuer, Trouble } from '../../../src/values/rotator/driver.ts'

const OLD: Credential = { value: Buffer.from('fake-old') }
const refused: Trouble = { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }

/** @param lets in whom, at the moment that it is asked */
async function acting(
  values: readonly string[],
  letsIn: () => string,
): Promise<{ issuer: Issuer; done: string[]; fetched: () => number }> {
  const done: string[] = []
  let fetched = 1
  const admin: Admin = {
    value: Buffer.from(values[0] ?? ''),
    values: [],
    again: async () => {
      const value = values[fetched]
      fetched += 1
      return value === undefined ? undefined : Buffer.from(value)
    },
  }
  const issuer = await byAdmin(admin, async (by) => ({
    end: async () => {
      done.push(`end by ${by.toString()}`)
      return by.toString() === letsIn() ? { kind: 'ok' } : refused
    },
    try: async () => refused,
    close: async () => void done.push(`close ${by.toString()}`),
  }))
  return { issuer, done, fetched: () => fetched }
}

test('replaced since it was fetched: it is fetched again, and acts from then on', async () => {
  const { issuer, done } = await acting(['fake-a', 'fake-b'], () => 'fake-b')
  expect(await issuer.end?.(OLD)).toEqual({ kind: 'ok' })
  expect(await issuer.end?.(OLD)).toEqual({ kind: 'ok' })
  expect(done).toEqual(['end by fake-a', 'close fake-a', 'end by fake-b', 'end by fake-b'])
})

test('refused again, or the same as before: no more is asked, and the old one does not count as ended', async () => {
  const notLetIn = { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'login-denied' }
  for (const values of [['fake-a'], ['fake-a', 'fake-b', 'fake-c']]) {
    const { issuer, fetched } = await acting(values, () => 'fake-nobody')
    expect(await issuer.end?.(OLD)).toEqual(notLetIn)
    expect(fetched()).toBe(2)
  }
})

test('of what is tried itself it is told as it was said, and nobody is fetched', async () => {
  const { issuer, fetched } = await acting(['fake-a', 'fake-b'], () => 'fake-b')
  expect(await issuer.try(OLD)).toEqual(refused)
  expect(fetched()).toBe(1)
})

test('what a driver does not have, it does not get', async () => {
  const { issuer } = await acting(['fake-a'], () => 'fake-a')
  expect(Object.keys(issuer).toSorted()).toEqual(['close', 'end', 'try'])
})
