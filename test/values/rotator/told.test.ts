/** A service or a program that names a credential by its own value: that name does not cross the wall. */
import { expect, test } from 'vitest'
import type { Session } from '../../../src/values/providers/contract.ts'
import { act } from '../../../src/values/rotator/act.ts'
import type { Issuer, Made } from '../../../src/values/rotator/driver.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { workWith } from './work.ts'

const OLD = 'fake-old'
const NEW = ['fake', 'new', '0123'].join('-')
const ADMIN = ['fake', 'admin', '0123'].join('-')

const refused = (step: string): unknown => ({
  result: 'refused',
  code: 'PROVIDER_INVALID',
  reason: 'refused-metadata',
  service: true,
  program: { step },
})

const made =
  (id: string, value = NEW) =>
  async (): Promise<Made> => ({ kind: 'made', value: Buffer.from(value), id })

/** @returns the work, and the ids of what is ended by it */
function naming(issuer: Partial<Issuer>): { work: Work; ended: (string | undefined)[] } {
  const ended: (string | undefined)[] = []
  const { work } = workWith({
    marked: async () => ({ kind: 'ids', ids: [] }),
    end: async ({ id }) => {
      ended.push(id)
      return { kind: 'ok' }
    },
    ...issuer,
  })
  return { work: { ...work, admin: { values: [Buffer.from(ADMIN)] } }, ended }
}

test.each([
  ['the new value', NEW],
  ['the new value inside', `key:${NEW}`],
  ['the old value', OLD],
  ['the admin’s', `${ADMIN}/1`],
])('a new one that is named by %s is refused, each time; and it is ended', async (_, id) => {
  const { work, ended } = naming({
    create: made(id),
    // It is known by that name, and no orphan.
    marked: async () => ({ kind: 'ids', ids: [id] }),
  })
  expect(await act(work, 'create')).toEqual(refused('create'))
  // After a crash it is there already.
  expect(await act(work, 'create')).toEqual(refused('create'))
  expect(await act(work, 'discard')).toEqual({ result: 'ok' })
  expect(ended).toEqual([id])
  expect(await work.staging.read('r1')).toEqual({ kind: 'staged' })
})

test('one of our own choice as well', async () => {
  const { work } = naming({ choose: made(NEW), set: async () => ({ kind: 'ok' }) })
  const order: Work['order'] = { ...work.order, rotation: { id: 'r1', class: 'slots' } }
  expect(await act({ ...work, order }, 'stage')).toEqual(refused('choose'))
})

test('only a program has steps', async () => {
  const { work } = naming({ create: made(NEW) })
  const order: Work['order'] = { ...work.order, driver: { type: 'aws-iam', options: {} } }
  const done = await act({ ...work, order }, 'create')
  expect(done).toMatchObject({ reason: 'refused-metadata', service: true })
  expect(done).not.toHaveProperty('program')
})

test('what is rolled cannot be undone: it goes on, and its name is noted and not told', async () => {
  const { work } = naming({ create: made(NEW) })
  const order: Work['order'] = { ...work.order, rotation: { id: 'r1', class: 'roll' } }
  expect(await act({ ...work, order }, 'create')).toEqual({
    result: 'ok',
    reason: 'refused-metadata',
    service: true,
    program: { step: 'create' },
    fingerprint: work.fingerprint(Buffer.from(NEW)),
  })
})

test('a short value stands in a name by chance: the name is left out', async () => {
  const { work } = naming({ create: made('key-42', '42') })
  const done = await act(work, 'create')
  expect(done).toMatchObject({ result: 'ok' })
  expect(done).not.toHaveProperty('id')
})

test('nothing is ended by a name that holds a value: it may be one that is in use', async () => {
  const { work, ended } = naming({
    create: made('key-7'),
    marked: async () => ({ kind: 'ids', ids: ['lost', NEW] }),
  })
  expect(await act(work, 'create')).toMatchObject({ result: 'ok', id: 'key-7' })
  expect(await act(work, 'reconcile')).toEqual(refused('marked'))
  expect(ended).toEqual([])
})

/** A store whose versions are as `version` says. */
function storing(version: () => string): { session: Session; current: () => string } {
  let current = OLD
  return {
    session: {
      get: async () => [{ kind: 'value', value: Buffer.from(current), meta: { version: '1' } }],
      put: async (_, value) => {
        current = value.toString()
        return { kind: 'written', version: version() }
      },
      close: async () => {},
    },
    current: () => current,
  }
}

test.each([NEW, `v2:${OLD}`])(
  'a version that holds a value is the store’s to mend; what was stored is put back',
  async (version) => {
    const { work } = naming({ create: made('key-7') })
    const store = storing(() => version)
    const stored = { ...work, session: store.session }
    await act(stored, 'create')
    expect(await act(stored, 'promote')).toEqual({
      result: 'refused',
      code: 'PROVIDER_INVALID',
      reason: 'refused-metadata',
    })
    expect(store.current()).toBe(NEW)
    expect(await act(stored, 'discard')).toEqual({ result: 'ok' })
    expect(store.current()).toBe(OLD)
  },
)
