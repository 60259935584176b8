/** What every rotation driver that chooses a value must do, against the real server. */
import { describe, expect, test } from 'vitest'
import type { Credential, Driver, Issuer } from '../../../../src/values/rotator/driver.ts'

export interface Subject {
  options: Readonly<Record<string, unknown>>
  current: Credential
  /** A credential of the same form that this server never had. */
  foreign: Credential
  admin?: Buffer
  /** Whether it can be used, asked without the driver. */
  admits(credential: Credential): Promise<boolean>
}

function open(driver: Driver, { options, admin }: Subject): Promise<Issuer> {
  const signal = new AbortController().signal
  return driver.open(options, { signal, now: () => new Date(), ...(admin && { admin }) })
}

async function chosen(issuer: Issuer, current: Credential): Promise<Credential> {
  const made = await issuer.choose?.(current)
  if (made?.kind !== 'made') throw new Error('nothing was made')
  return made
}

/** @param overlaps the old one lives on beside the new one until it is ended */
export function choosingDriver(
  driver: Driver,
  subject: () => Promise<Subject>,
  { overlaps }: { overlaps: boolean },
): void {
  describe(`the driver ${driver.spec.type}`, () => {
    test('what it chooses is nobody’s until it is set', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const next = await chosen(issuer, about.current)
      expect(next.value.equals(about.current.value)).toBe(false)
      expect(await about.admits(next)).toBe(false)
      expect(await issuer.try(next)).toMatchObject({ kind: 'refused' })
      expect(await issuer.try(about.current)).toMatchObject({ kind: 'valid' })
    })

    test('what it sets is the same account’s; the one before lives on, or does not', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const before = await issuer.try(about.current)
      const next = await chosen(issuer, about.current)
      expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
      expect(await issuer.try(next)).toEqual(before)
      expect(await about.admits(next)).toBe(true)
      expect(await about.admits(about.current)).toBe(overlaps)
    })

    test('setting it again, as after a crash, is no mistake', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const next = await chosen(issuer, about.current)
      await issuer.set?.(next, about.current)
      expect(await issuer.set?.(next, about.current)).toEqual({ kind: 'ok' })
      expect(await about.admits(next)).toBe(true)
    })

    test('it can be undone: the one before is set again', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const next = await chosen(issuer, about.current)
      await issuer.set?.(next, about.current)
      expect(await issuer.set?.(about.current, next)).toEqual({ kind: 'ok' })
      expect(await about.admits(about.current)).toBe(true)
    })

    test.runIf(overlaps)('what is ended is refused, and may be ended twice', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const next = await chosen(issuer, about.current)
      await issuer.set?.(next, about.current)
      expect(await issuer.end?.(about.current)).toEqual({ kind: 'ok' })
      expect(await issuer.end?.(about.current)).toEqual({ kind: 'ok' })
      expect(await issuer.try(about.current)).toMatchObject({ kind: 'refused' })
      expect(await about.admits(next)).toBe(true)
    })

    test('what the server never had is refused, and what is no credential too', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      expect(await issuer.try(about.foreign)).toMatchObject({ kind: 'refused' })
      const garbage = { value: Buffer.from('fake nonsense \0 \'"$(id)') }
      expect(await issuer.try(garbage)).toMatchObject({ kind: 'refused' })
    })
  })
}
