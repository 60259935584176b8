/**
 * What every provider promises, as one suite that every provider runs. A provider's own test says how
 * to fill it (`Rig`) and adds what only it has.
 */
import * as fc from 'fast-check'
import { afterEach, describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { CODES, SecretRefError } from '../../../src/errors.ts'
import { REASONS } from '../../../src/policy/reasons.ts'
import {
  type Context,
  type Failure,
  type Location,
  type Outcome,
  type Provider,
  type Session,
} from '../../../src/values/providers/contract.ts'
import { PROVIDERS } from '../../../src/values/providers/registry.generated.ts'
import { wipe } from '../../../src/values/secret/bytes.ts'

export interface Opened {
  session: Session
  /** Where a value of that name lies. */
  at: (name: string) => Location
}

export interface Failing {
  session: Session
  at: Location
}

export interface Rig {
  provider: Provider
  /** Which values it can hold; `nothing` where this version of it answers no question. */
  carries: 'any byte' | 'no NUL' | 'UTF-8' | 'nothing'
  /** Bytes of its largest value; left out: more than any test has. */
  maxBytes?: number
  /** A session that has exactly these values. */
  open: (values: ReadonlyMap<string, Buffer>, signal?: AbortSignal) => Promise<Opened>
  /** True where it can list what `open` has put there. */
  lists?: true
  /** Each is a question that must fail in that way; where this machine cannot show it, it skips. */
  denied?: (context: TestContext) => Promise<Failing>
  unavailable?: (context: TestContext) => Promise<Failing>
  /** A question that would never be answered. */
  hanging?: (signal: AbortSignal) => Promise<Failing>
}

/** A context as the resolver makes it, without a deadline unless one is given. */
export function contextOf(more: Partial<Context> = {}): Context {
  return {
    name: 'fake-provider',
    signal: new AbortController().signal,
    now: () => new Date('2026-03-08T04:12:00.000Z'),
    spend: () => true,
    env: new Map(),
    ...more,
  }
}

/** Names that every provider's grammar allows. */
const NAMES = ['FAKE_ONE', 'FAKE_TWO', 'FAKE_THREE']
export const ABSENT = 'FAKE_ABSENT'

export function fakeValues(): Map<string, Buffer> {
  return new Map(NAMES.map((name) => [name, Buffer.from(`fake-value-of-${name}`)]))
}

export function bytesOf(outcome: Outcome | undefined): Buffer {
  if (outcome?.kind !== 'value') throw new Error(`no value: ${JSON.stringify(outcome)}`)
  return outcome.value
}

export async function only(session: Session, at: Location): Promise<Outcome> {
  const outcomes = await session.get([at])
  expect(outcomes).toHaveLength(1)
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

/** Closed fields only, and nothing in them that came from where the value lies. */
export function expectSafe(failure: Outcome, values: Iterable<Buffer> = []): void {
  if (failure.kind === 'value') throw new Error('a value where a failure was expected')
  const { kind, code, reason, place, ...more } = failure
  expect(['absent', 'denied', 'malformed', 'unavailable']).toContain(kind)
  expect(CODES).toContain(code)
  if (reason !== undefined) expect(REASONS).toContain(reason)
  if (place !== undefined) expect(place).toMatch(/^[ -~]{1,4096}$/)
  expect(Object.keys(more).filter((key) => key !== 'retryAfterMs')).toEqual([])
  const said = JSON.stringify(failure)
  for (const value of values) {
    if (value.length < 4) continue
    for (const encoding of ['latin1', 'utf8', 'base64', 'hex'] as const) {
      expect(said.includes(value.toString(encoding))).toBe(false)
    }
  }
}

function expectSafeMeta(outcome: Outcome): void {
  if (outcome.kind !== 'value') return
  const { version, createdAt, expiresAt, warnings = [], ...more } = outcome.meta
  expect(Object.keys(more)).toEqual([])
  if (version !== undefined) expect(version).toMatch(/^[A-Za-z0-9._:-]{1,128}$/)
  for (const date of [createdAt, expiresAt]) {
    if (date !== undefined) expect(Number.isNaN(date.getTime())).toBe(false)
  }
  for (const { code } of warnings) expect(['FILE_MODE_LOOSE', 'PLACEHOLDER_VALUE']).toContain(code)
}

export function conformance(label: string, rig: Rig): void {
  describe(`${label}: what every provider promises`, () => {
    const sessions: Session[] = []
    const open: Rig['open'] = async (values, signal) => {
      const opened = await rig.open(values, signal)
      sessions.push(opened.session)
      return opened
    }
    afterEach(async () => {
      await Promise.all(sessions.splice(0).map((session) => session.close()))
    })

    promisesOfAll(rig, open)
    if (rig.carries !== 'nothing') promisesAboutValues(rig, open)
    if (rig.lists) promisesAboutLists(open)
    if (rig.denied) fails('denied', rig.denied)
    if (rig.unavailable) fails('unavailable', rig.unavailable)
    if (rig.hanging) endsOnAbort(rig.hanging)
  })
}

function promisesOfAll(rig: Rig, open: Rig['open']): void {
  test('is in the registry under its type, with options that refuse unknown keys', async () => {
    const { spec } = rig.provider
    expect(await PROVIDERS[spec.type]?.()).toBe(rig.provider)
    expect(spec.options).toMatchObject({ type: 'object', additionalProperties: false })
    expect(structuredClone(spec.options)).toEqual(spec.options)
    expect(spec.summary).toMatch(/^[A-Z].*\.$/)
  })

  test('an empty batch has no outcomes', async () => {
    const { session } = await open(fakeValues())
    expect(await session.get([])).toEqual([])
  })

  test('whatever a location says, there is an outcome, and nothing is thrown', async () => {
    const { session } = await open(fakeValues())
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('', '.', '..', '../x', '/', '//', 'a/../b', '\0', '/\0', '-', '__proto__'),
      fc.constantFrom('constructor', 'toString', 'x'.repeat(5000)),
    )
    const location = fc.record({ path: text, field: text, alias: text }, { requiredKeys: ['path'] })
    await fc.assert(
      fc.asyncProperty(fc.array(location, { maxLength: 4 }), async (items) => {
        const outcomes = await session.get(items)
        expect(outcomes.map(({ kind }) => kind)).not.toContain('value')
        expect(outcomes).toHaveLength(items.length)
        for (const outcome of outcomes) expect(outcome.kind).not.toBe('unavailable')
      }),
      { numRuns: 40 },
    )
  })

  test('a closed session answers nothing, finally and without throwing', async () => {
    const { session, at } = await open(fakeValues())
    await session.close()
    await session.close()
    for (const outcome of await session.get(NAMES.map(at))) {
      expect(outcome).toEqual({ kind: 'malformed', code: 'PROVIDER_INVALID', reason: 'closed' })
    }
  })
}

function promisesAboutValues(rig: Rig, open: Rig['open']): void {
  test('one outcome for each item, in order, however often it is asked for', async () => {
    const values = fakeValues()
    const { session, at } = await open(values)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...NAMES, ABSENT), { maxLength: 8 }),
        async (asked) => {
          const outcomes = await session.get(asked.map(at))
          const seen = outcomes.map((outcome) =>
            outcome.kind === 'value' ? outcome.value.toString() : outcome.kind,
          )
          expect(seen).toEqual(asked.map((name) => values.get(name)?.toString() ?? 'absent'))
          for (const outcome of outcomes) expectSafeMeta(outcome)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('what is not there is absent, finally, and says nothing of what is', async () => {
    const values = fakeValues()
    const { session, at } = await open(values)
    const outcome = await only(session, at(ABSENT))
    expect(outcome).toMatchObject({ kind: 'absent', code: 'SECRET_NOT_FOUND' })
    expectSafe(outcome, values.values())
  })

  test('no value is found under a name that every object has', async () => {
    const values = fakeValues()
    const { session, at } = await open(values)
    const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']
    for (const outcome of await session.get(names.map(at))) expectSafe(outcome, values.values())
  })

  test('every byte that it can carry arrives exactly', async () => {
    const values = new Map(byteClasses(rig).map((value, i) => [`FAKE_${i}`, value]))
    const { session, at } = await open(values)
    const outcomes = await session.get([...values.keys()].map(at))
    expect(outcomes.map((outcome) => bytesOf(outcome).toString('hex'))).toEqual(
      Array.from(values.values(), (value) => value.toString('hex')),
    )
  })

  test('an empty value is a failure, not a value', async () => {
    const { session, at } = await open(new Map([['FAKE_ONE', Buffer.alloc(0)]]))
    expect(await only(session, at('FAKE_ONE'))).toMatchObject({
      kind: 'malformed',
      code: 'SECRET_EMPTY',
    })
  })

  test('a placeholder is a value with a warning', async () => {
    const { session, at } = await open(new Map([['FAKE_ONE', Buffer.from('changeme')]]))
    const outcome = await only(session, at('FAKE_ONE'))
    expect(bytesOf(outcome).toString()).toBe('changeme')
    expect(outcome).toMatchObject({ meta: { warnings: [{ code: 'PLACEHOLDER_VALUE' }] } })
  })

  test('each buffer is its caller’s: wiping one changes no other and no later answer', async () => {
    const { session, at } = await open(fakeValues())
    const [one = at(''), two = at('')] = NAMES.map(at)
    const [first, again, other] = (await session.get([one, one, two])).map(bytesOf)
    for (const value of [first, again, other]) {
      expect(value?.buffer.byteLength).toBe(value?.length)
    }
    wipe(first)
    expect(again?.toString()).toBe('fake-value-of-FAKE_ONE')
    wipe(again, other)
    const [later] = (await session.get([one])).map(bytesOf)
    expect(later?.toString()).toBe('fake-value-of-FAKE_ONE')
  })

  test('batches that overlap in time do not disturb each other', async () => {
    const { session, at } = await open(fakeValues())
    const batches = await Promise.all(NAMES.map((name) => session.get([at(name), at(ABSENT)])))
    for (const [i, [value, absent]] of batches.entries()) {
      expect(bytesOf(value).toString()).toBe(`fake-value-of-${NAMES[i]}`)
      expect(absent?.kind).toBe('absent')
    }
  })

  test('after the deadline it is an outage, at once', async () => {
    const { session, at } = await open(fakeValues(), AbortSignal.abort())
    for (const outcome of await session.get(NAMES.map(at))) {
      expect(outcome).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' })
    }
  })
}

async function namesOf(session: Session, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const { at } of session.list?.(prefix) ?? []) names.push(at.field ?? at.path)
  return names.toSorted((one, other) => (one < other ? -1 : 1))
}

function promisesAboutLists(open: Rig['open']): void {
  test('lists every name once, and says of none what its value is', async () => {
    const values = fakeValues()
    const { session } = await open(values)
    expect(await namesOf(session, '')).toEqual(NAMES.toSorted())
    for await (const entry of session.list?.('') ?? []) {
      const said = JSON.stringify(entry)
      for (const value of values.values()) expect(said.includes(value.toString())).toBe(false)
      expectSafeMeta({ kind: 'value', value: Buffer.alloc(0), meta: entry.meta })
    }
  })

  test('lists the names that begin as asked for', async () => {
    const { session } = await open(fakeValues())
    expect(await namesOf(session, 'FAKE_T')).toEqual(['FAKE_THREE', 'FAKE_TWO'])
    expect(await namesOf(session, 'fake')).toEqual([])
  })

  test('what it lists can be asked for at the place it names', async () => {
    const values = fakeValues()
    const { session } = await open(values)
    for await (const { at } of session.list?.('') ?? []) {
      const name = at.field ?? at.path
      expect(bytesOf(await only(session, at)).toString()).toBe(values.get(name)?.toString())
    }
  })

  test('a closed session lists nothing, and says so with a code', async () => {
    const { session } = await open(fakeValues())
    await session.close()
    const failure = await namesOf(session, '').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SecretRefError)
    expect(failure).toMatchObject({ code: 'PROVIDER_INVALID' })
  })
}

function fails(kind: Failure['kind'], ask: (context: TestContext) => Promise<Failing>): void {
  test(`${kind} is said as ${kind}`, async (context) => {
    const { session, at } = await ask(context)
    onTestFinished(() => session.close())
    const outcome = await only(session, at)
    expect(outcome.kind).toBe(kind)
    expectSafe(outcome, fakeValues().values())
  })
}

function endsOnAbort(ask: (signal: AbortSignal) => Promise<Failing>): void {
  test('an abort ends a question that would never be answered', async () => {
    const controller = new AbortController()
    const { session, at } = await ask(controller.signal)
    onTestFinished(() => session.close())
    const answer = session.get([at, at])
    setTimeout(() => controller.abort(), 50)
    for (const outcome of await answer) {
      expect(outcome).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' })
    }
  })
}

function byteClasses({ carries, maxBytes = 70_000 }: Rig): Buffer[] {
  const text = ['a', ' ', '  a  ', 'a\n', '\na', '\r\n', 'a\r\n', 'a\n\n', '"\\/\b\f\t', "'$(`)'"]
  const unicode = ['é', '€', '😀', '\u{feff}a', '\u2028', '\u007f', '\u0001', '金鑰']
  const classes = [...text, ...unicode, 'a'.repeat(maxBytes)].map((value) => Buffer.from(value))
  if (carries === 'UTF-8') return classes
  const bytes = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1))
  classes.push(
    bytes,
    Buffer.from([0xff]),
    Buffer.from([0xc3, 0x28]),
    Buffer.from(bytes.toReversed()),
  )
  if (carries === 'any byte') classes.push(Buffer.from([0]), Buffer.from([0x61, 0, 0x62, 0]))
  return classes
}
