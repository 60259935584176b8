/** What every rotation driver must do, whether it chooses a value or has one made, against the real server. */
import { describe, expect, test } from 'vitest'
import type { Before, Credential, Driver, Issuer } from '../../../../src/values/rotator/driver.ts'

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

/** For drivers of the classes `chosen` and `slots`; of the first, nothing lives beside the new one. */
export function choosingDriver(driver: Driver, subject: () => Promise<Subject>): void {
  const overlaps = driver.spec.class === 'slots'
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

    test('where nobody is let in, nothing is begun', async () => {
      const { admin: _, ...about } = await subject()
      const issuer = await open(driver, about)
      expect(await issuer.choose?.(about.foreign)).toMatchObject({
        kind: 'refused',
        code: 'CREDENTIAL_REJECTED',
      })
      const by = await open(driver, { ...about, admin: about.foreign.value })
      expect(await by.choose?.(about.current)).toMatchObject({ kind: 'refused' })
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

    if (overlaps) {
      test('what is ended is refused, and may be ended twice', async () => {
        const about = await subject()
        const issuer = await open(driver, about)
        const next = await chosen(issuer, about.current)
        await issuer.set?.(next, about.current)
        expect(await issuer.end?.(about.current)).toEqual({ kind: 'ok' })
        expect(await issuer.end?.(about.current)).toEqual({ kind: 'ok' })
        expect(await issuer.try(about.current)).toMatchObject({ kind: 'refused' })
        expect(await about.admits(next)).toBe(true)
      })

      test('an admin who is not let in has ended nothing, and that is no word about the old one', async () => {
        const about = await subject()
        const issuer = await open(driver, about)
        const next = await chosen(issuer, about.current)
        await issuer.set?.(next, about.current)
        const by = await open(driver, { ...about, admin: about.foreign.value })
        expect(await by.end?.(about.current, next)).toMatchObject({ kind: 'refused' })
        expect(await about.admits(about.current)).toBe(true)
      })
    }

    test('what the server never had is refused, and what is no credential too', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      expect(await issuer.try(about.foreign)).toMatchObject({ kind: 'refused' })
      const garbage = { value: Buffer.from('fake nonsense \0 \'"$(id)') }
      expect(await issuer.try(garbage)).toMatchObject({ kind: 'refused' })
    })
  })
}

export interface IssuingSubject extends Subject {
  /** Of how many the account has, asked without the driver. */
  count(): Promise<number>
}

/** As a rotation does it: what lives is noted, then one is made. */
async function issued(
  issuer: Issuer,
  tag: string,
  current: Credential,
): Promise<{ next: Credential; before?: Before }> {
  const seen = await issuer.survey?.(current)
  if (seen !== undefined && seen.kind !== 'ids') throw new Error(`not listed: ${seen.reason}`)
  const next = await issuer.create?.(tag, current)
  if (next?.kind !== 'made') throw new Error(`nothing was made: ${next?.reason}`)
  return { next, ...(seen && { before: { at: new Date(), ids: seen.ids } }) }
}

/** A fresh one may be refused a few times, while its service learns of it. */
async function taken(issuer: Issuer, next: Credential): ReturnType<Issuer['try']> {
  let tried = await issuer.try(next)
  for (let more = 5; more > 0 && tried.kind === 'refused'; more -= 1) tried = await issuer.try(next)
  return tried
}

/**
 * For drivers of the classes `issued` and `roll`.
 *
 * @param cap how many the service lets live at once, where that is little
 */
export function issuingDriver(
  driver: Driver,
  subject: () => Promise<IssuingSubject>,
  { cap }: { cap?: number } = {},
): void {
  describe(`the driver ${driver.spec.type}`, () => {
    test('what is made is the same account’s, and lives beside the current one', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const before = await issuer.try(about.current)
      const { next } = await issued(issuer, 'tag-1', about.current)
      expect(next.value.equals(about.current.value)).toBe(false)
      expect(before).toMatchObject({ kind: 'valid' })
      expect(await taken(issuer, next)).toEqual(before)
      expect(await about.admits(next)).toBe(true)
      expect(await about.admits(about.current)).toBe(true)
      expect(await about.count()).toBe(2)
    })

    test('what was made and never kept is found, and can be ended by its name alone', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const { current } = about
      const { next, before } = await issued(issuer, 'tag-1', current)
      const known = { current, open: true, ...(before && { before }) }
      const marked = await issuer.marked?.('tag-1', known)
      if (marked === undefined) return
      expect(marked).toEqual({ kind: 'ids', ids: [next.id] })
      const { id = '' } = next
      expect(await issuer.end?.({ id }, current)).toEqual({ kind: 'ok' })
      expect(await about.admits(next)).toBe(false)
      expect(await about.admits(current)).toBe(true)
      expect(await issuer.marked?.('tag-1', known)).toEqual({ kind: 'ids', ids: [] })
    })

    test('neither the current one nor what is kept counts as lost, nor what another one made', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const { current } = about
      if (issuer.marked === undefined) return
      expect(await issuer.marked('tag-1', { current, open: true })).toEqual({
        kind: 'ids',
        ids: [],
      })
      const { next, before } = await issued(issuer, 'tag-1', current)
      const { id: staged = '' } = next
      // Of what it keeps, the one who asks knows the name; a service with marks may name it all the same.
      const kept = { current, staged, open: false, ...(before && { before }) }
      const seen = await issuer.marked('tag-1', kept)
      expect(seen.kind === 'ids' && seen.ids.filter((id) => id !== staged)).toEqual([])
      expect(await issuer.marked('tag-2', { current, open: true })).toEqual({
        kind: 'ids',
        ids: [],
      })
    })

    test('what is ended is refused, and may be ended twice; the new one ends the old', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const { next } = await issued(issuer, 'tag-1', about.current)
      await taken(issuer, next)
      if (issuer.end === undefined) return
      expect(await issuer.end(about.current, next)).toEqual({ kind: 'ok' })
      expect(await issuer.end(about.current, next)).toEqual({ kind: 'ok' })
      expect(await issuer.try(about.current)).toMatchObject({ kind: 'refused' })
      expect(await about.admits(about.current)).toBe(false)
      expect(await about.admits(next)).toBe(true)
    })

    test('it can be undone: the new one is ended by the current one', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      const { next } = await issued(issuer, 'tag-1', about.current)
      if (issuer.end === undefined) return
      expect(await issuer.end(next, about.current)).toEqual({ kind: 'ok' })
      expect(await about.admits(next)).toBe(false)
      expect(await about.admits(about.current)).toBe(true)
    })

    if (cap !== undefined) {
      test('more than may live are not made, and it says why', async () => {
        const about = await subject()
        const issuer = await open(driver, about)
        for (let live = await about.count(); live < cap; live += 1) {
          await issued(issuer, `tag-${live}`, about.current)
        }
        const seen = await issuer.survey?.(about.current)
        const more = seen?.kind === 'ids' ? undefined : seen
        const refused = more ?? (await issuer.create?.('tag-more', about.current))
        expect(refused).toMatchObject({ kind: 'refused', reason: 'key-cap' })
        expect(await about.count()).toBe(cap)
      })
    }

    test('what the server never had is refused, and what is no credential too', async () => {
      const about = await subject()
      const issuer = await open(driver, about)
      expect(await issuer.try(about.foreign)).toMatchObject({ kind: 'refused' })
      const garbage = { value: Buffer.from('fake nonsense \0 \'"$(id)') }
      expect(await issuer.try(garbage)).toMatchObject({ kind: 'refused' })
      expect(await issuer.create?.('tag-1', garbage)).toMatchObject({ kind: 'refused' })
      expect(await about.count()).toBe(1)
    })
  })
}
