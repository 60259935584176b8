/** Single actions, with an issuer that does what no real one can be told to do. */
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Session } from '../../../src/values/providers/contract.ts'
import { act } from '../../../src/values/rotator/act.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { workWith } from './work.ts'

test('one that was made and cannot be kept is not "not made": it has to be looked for', async () => {
  const { work, path } = workWith({
    create: async () => {
      writeFileSync(path, 'fake-damage')
      return { kind: 'made', value: Buffer.from('fake-new'), id: 'new' }
    },
  })
  expect(await act(work, 'create')).toMatchObject({ result: 'unknown' })
})

test('what lives is noted before one is made; looking, it is told what is known', async () => {
  const order: string[] = []
  const told: unknown[] = []
  const { work } = workWith({
    survey: async ({ value }) => {
      order.push('survey')
      return { kind: 'ids', ids: [`of-${value.toString()}`] }
    },
    create: async () => {
      const staged = await work.staging.read('r1')
      order.push('before' in staged ? 'noted' : 'not noted', 'create')
      return { kind: 'made', value: Buffer.from('fake-new'), id: 'new' }
    },
    marked: async (tag, { current, staged, before }) => {
      told.push([tag, current?.value.toString(), staged, before?.ids])
      return { kind: 'ids', ids: ['new', 'lost'] }
    },
    end: async ({ id }, by) => {
      told.push([id, by?.value.toString()])
      return { kind: 'ok' }
    },
  })
  expect(await act(work, 'create')).toMatchObject({ result: 'ok', id: 'new' })
  expect(order).toEqual(['survey', 'noted', 'create'])
  // What was ended goes on record by its name.
  expect(await act(work, 'reconcile')).toEqual({ result: 'ok', id: 'lost' })
  expect(told).toEqual([
    ['r1', 'fake-old', 'new', ['of-fake-old']],
    ['lost', 'fake-old'],
  ])
})

test('of one that nobody knows it is said so, and nothing is ended for it', async () => {
  const ended: (string | undefined)[] = []
  const { work } = workWith({
    create: async () => ({ kind: 'made', value: Buffer.from('fake-new'), id: 'new' }),
    marked: async () => ({ kind: 'unlisted', reason: 'key-unknown' }),
    end: async ({ id }) => {
      ended.push(id)
      return { kind: 'ok' }
    },
  })
  await act(work, 'create')
  const unlisted = { result: 'unlisted', reason: 'key-unknown' }
  expect(await act(work, 'reconcile')).toEqual(unlisted)
  expect(ended).toEqual([])
  // The new one is ours, and is ended.
  expect(await act(work, 'discard')).toEqual(unlisted)
  expect(ended).toEqual(['new'])
  expect(await work.staging.read('r1')).toEqual({ kind: 'staged' })
})

test('the old one is ended by the new, and the new one by the old', async () => {
  const ended: [string | undefined, string | undefined][] = []
  let current = 'fake-old'
  const asked: (string | undefined)[] = []
  const { work } = workWith(
    {
      create: async () => ({ kind: 'made', value: Buffer.from('fake-new'), id: 'new' }),
      marked: async (_, about) => {
        asked.push(about.current?.value.toString())
        return { kind: 'ids', ids: [] }
      },
      end: async ({ value }, by) => {
        ended.push([value?.toString(), by?.value.toString()])
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  await act(work, 'create')
  current = 'fake-new'
  expect(await act(work, 'retire')).toEqual({ result: 'ok' })
  // The old one may be dead: a retirement may come again.
  expect(asked).toEqual(['fake-new'])
  current = 'fake-old'
  expect(await act(work, 'discard')).toEqual({ result: 'ok' })
  expect(ended).toEqual([
    ['fake-old', 'fake-new'],
    ['fake-new', 'fake-old'],
  ])
})

test('a creation that was sent and cannot be looked for is not undone by giving up', async () => {
  const { work } = workWith({ end: async () => ({ kind: 'ok' }) })
  expect(await act(work, 'discard')).toEqual({ result: 'ok' })
  expect(await act({ ...work, open: true }, 'discard')).toEqual({ result: 'unlisted' })
})

test('the old one gets its place back only where it still works', async () => {
  const ended: (string | undefined)[] = []
  let current = 'fake-old'
  const { work } = workWith(
    {
      create: async () => ({ kind: 'made', value: Buffer.from('fake-new'), id: 'new' }),
      try: async ({ value }) =>
        value.toString() === 'fake-old'
          ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
          : { kind: 'valid', account: 'acct' },
      end: async ({ id }) => {
        ended.push(id)
        return { kind: 'ok' }
      },
      marked: async () => ({ kind: 'ids', ids: [] }),
    },
    () => current,
  )
  await act(work, 'create')
  current = 'fake-new'
  expect(await act(work, 'discard')).toMatchObject({ result: 'refused' })
  expect(ended).toEqual([])
})

test('the old one is ended only where what is current works, whoever put it there', async () => {
  const ended: (string | undefined)[] = []
  let current = 'fake-old'
  const dead = new Set<string>()
  const { work } = workWith(
    {
      create: async () => ({ kind: 'made', value: Buffer.from('fake-new'), id: 'new' }),
      marked: async () => ({ kind: 'ids', ids: [] }),
      try: async ({ value }) =>
        dead.has(value.toString())
          ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
          : { kind: 'valid', account: 'acct' },
      end: async ({ value }) => {
        ended.push(value?.toString())
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  await act(work, 'create')
  current = 'fake-new'
  dead.add('fake-new')
  expect(await act(work, 'retire')).toMatchObject({ result: 'refused', service: true })
  expect(ended).toEqual([])
  // Somebody has replaced it by one that works.
  current = 'fake-third'
  // What the rotation made lives on beside it, and nobody else says so.
  expect(await act(work, 'retire')).toEqual({ result: 'ok', reason: 'current-changed', id: 'new' })
  expect(ended).toEqual(['fake-old'])
})

test('what a person brought is kept while its store or its service does not answer', async () => {
  let up = true
  const { work } = workWith({
    try: async () =>
      up ? { kind: 'valid', account: 'acct' } : { kind: 'unavailable', code: 'TIMEOUT' },
  })
  await work.staging.keep('r1', 'old', { value: Buffer.from('fake-old') })
  await work.staging.keep('r1', 'new', { value: Buffer.from('fake-brought') })
  const session: Session = {
    ...work.session,
    put: async () => ({ kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }),
  }
  for (const guided of [true, false]) {
    const result = guided ? 'waiting' : 'unavailable'
    up = false
    for (const action of ['verify', 'promote'] as const) {
      expect(await act({ ...work, session, guided }, action)).toMatchObject({ result })
    }
    up = true
    expect(await act({ ...work, session, guided }, 'promote')).toMatchObject({ result })
  }
})

test('what was given up as it stood is wiped with the next one that ends', async () => {
  const { work } = workWith({})
  await work.staging.keep('given-up', 'old', { value: Buffer.from('fake-left') })
  await work.staging.keep('other', 'old', { value: Buffer.from('fake-other') })
  const order = { ...work.order, givenUp: ['given-up'] }
  expect(await act({ ...work, order }, 'confirm')).toEqual({ result: 'ok' })
  expect(await work.staging.read('given-up')).toEqual({ kind: 'staged' })
  expect(await work.staging.read('other')).toMatchObject({ old: { value: expect.anything() } })
})

test("where nothing is current, the old one is not ended: what was made may be in nobody else's hands", async () => {
  const { work, ended } = issuedWork()
  await act(work, 'create')
  const away: Session = {
    ...work.session,
    get: async () => [{ kind: 'absent', code: 'SECRET_NOT_FOUND', reason: 'no-such-file' }],
  }
  const refused = { result: 'refused', code: 'SECRET_NOT_FOUND' }
  expect(await act({ ...work, session: away }, 'retire')).toMatchObject(refused)
  expect(ended).toEqual([])
  expect(await work.staging.read('r1')).toMatchObject({ new: { value: Buffer.from('fake-new') } })
})

test('one without a name of its own is not taken for an orphan while it is current', async () => {
  const { work, ended, becomes, dead } = issuedWork()
  await act(work, 'create')
  becomes('fake-new')
  dead.add('fake-old')
  expect(await act(work, 'discard')).toMatchObject({ result: 'refused' })
  expect(ended).toEqual([])
  // Before it was promoted it is ended by its value, and then whatever else has our mark.
  becomes('fake-old')
  dead.clear()
  expect(await act(work, 'discard')).toMatchObject({ result: 'ok' })
  expect(ended).toEqual(['fake-new', 'made-for-us'])
})

/** Of a service that gives no names, and lists what is marked. */
function issuedWork(): {
  work: Work
  ended: string[]
  dead: Set<string>
  becomes: (current: string) => void
} {
  const ended: string[] = []
  const dead = new Set<string>()
  let current = 'fake-old'
  const { work } = workWith(
    {
      create: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
      marked: async () => ({ kind: 'ids', ids: ['made-for-us'] }),
      try: async ({ value }) =>
        dead.has(value.toString())
          ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
          : { kind: 'valid', account: 'acct' },
      end: async ({ id, value }) => {
        ended.push(value?.toString() ?? id ?? '')
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  const becomes = (value: string): void => {
    current = value
  }
  return { work, ended, dead, becomes }
}

test.each([
  // It works: what is undone is set again.
  [true, true, true, 'ok', ['fake-new', 'fake-old']],
  // It was ended before, and the new one works: it must not live again, and so it goes on.
  [false, true, true, 'conflict', ['fake-new']],
  // Nothing lets us in from here, so that says nothing of the old one.
  [false, false, true, 'ok', ['fake-new', 'fake-old']],
  // Nothing was set yet.
  [false, false, false, 'ok', []],
  [true, false, false, 'ok', []],
] as const)(
  'undone: the old one is let in: %s, the new one: %s, it was set: %s',
  async (old, fresh, set, result, expected) => {
    const sets: string[] = []
    const { work } = workWith({
      choose: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
      set: async ({ value }) => {
        sets.push(value.toString())
        return { kind: 'ok' }
      },
      try: async ({ value }) =>
        (value.toString() === 'fake-old' ? old : fresh)
          ? { kind: 'valid', account: 'acct' }
          : { kind: 'refused', code: 'CREDENTIAL_REJECTED' },
    })
    const one = {
      ...work,
      order: { ...work.order, rotation: { id: 'r1', class: 'chosen' } },
    } as const
    expect(await act(one, 'stage')).toMatchObject({ result: 'ok' })
    if (set) await act(one, 'set')
    expect(await act(one, 'discard')).toMatchObject({ result })
    expect(sets).toEqual(expected)
  },
)

test('one that is let in after all is not taken for ended', async () => {
  let known = false
  const { work } = workWith({
    choose: async () => (known ? { kind: 'made', value: Buffer.from('fake-new') } : busy),
    set: async () => ({ kind: 'ok' }),
    try: async () =>
      known ? { kind: 'valid', account: 'acct' } : { kind: 'refused', code: 'CREDENTIAL_REJECTED' },
  })
  const one = {
    ...work,
    order: { ...work.order, rotation: { id: 'r1', class: 'chosen' } },
  } as const
  expect(await act(one, 'stage')).toMatchObject({ result: 'unavailable' })
  expect(await work.staging.read('r1')).toMatchObject({ dead: true })
  known = true
  expect(await act(one, 'stage')).toMatchObject({ result: 'ok' })
  expect(await work.staging.read('r1')).not.toHaveProperty('dead')
})

const busy = { kind: 'unavailable', code: 'TIMEOUT' } as const

test('a rollback to one that was ended before puts nothing back', async () => {
  let current = 'fake-old'
  const { work } = workWith(
    {
      choose: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
      set: async () => ({ kind: 'ok' }),
      try: async ({ value }) =>
        value.toString() === 'fake-old'
          ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
          : { kind: 'valid', account: 'acct' },
    },
    () => current,
  )
  const puts: string[] = []
  const session: Session = {
    ...work.session,
    put: async (_, value) => {
      puts.push(value.toString())
      return { kind: 'written', version: '3' }
    },
  }
  const order = { ...work.order, rotation: { id: 'r1', class: 'chosen' } } as const
  const one = { ...work, session, order }
  await act(one, 'stage')
  await act(one, 'set')
  current = 'fake-new'
  expect(await act(one, 'discard')).toEqual({ result: 'conflict' })
  expect(puts).toEqual([])
})

test('whether it lives has to be known before anything is chosen', async () => {
  const { work } = workWith({
    choose: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
    set: async () => ({ kind: 'ok' }),
    try: async () => ({ kind: 'unavailable', code: 'TIMEOUT' }),
  })
  const one = {
    ...work,
    order: { ...work.order, rotation: { id: 'r1', class: 'chosen' } },
  } as const
  expect(await act(one, 'stage')).toMatchObject({ result: 'unavailable', whose: 'old' })
  expect(await work.staging.read('r1')).not.toHaveProperty('new')
})

test('a value that comes again after a crash is not set over what somebody has set since', async () => {
  const sets: string[] = []
  let current = 'fake-old'
  const { work } = workWith(
    {
      choose: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
      set: async ({ value }) => {
        sets.push(value.toString())
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  const one = {
    ...work,
    order: { ...work.order, rotation: { id: 'r1', class: 'chosen' } },
  } as const
  await act(one, 'stage')
  expect(await act(one, 'set')).toEqual({ result: 'ok' })
  current = 'fake-third'
  const changed = { result: 'conflict', reason: 'current-changed' }
  expect(await act(one, 'set')).toEqual(changed)
  expect(sets).toEqual(['fake-new'])
})

test.each([
  ['the old one again, in another spelling', 'fake-old\n', 'conflict', 0],
  ['one with parts, of which nobody here knows what they mean', '{"key": "fake"}', 'conflict', 0],
  ['another one', 'fake-third', 'ok', 1],
] as const)('before the old one is ended, current is %s', async (_, third, result, ends) => {
  let ended = 0
  let current = 'fake-old'
  const { work } = workWith(
    {
      create: async () => ({ kind: 'made', value: Buffer.from('fake-new'), id: 'new' }),
      end: async () => {
        ended += 1
        return { kind: 'ok' }
      },
    },
    () => current,
  )
  await act(work, 'create')
  current = third
  expect(await act(work, 'retire')).toMatchObject({ result })
  expect(ended).toBe(ends)
})

test('what may be the last copies is forgotten only where what is current works', async () => {
  let current = 'fake-old'
  const { work } = workWith(
    {
      choose: async () => ({ kind: 'made', value: Buffer.from('fake-new') }),
      set: async () => ({ kind: 'ok' }),
      try: async ({ value }) =>
        value.toString() === 'fake-wrong'
          ? { kind: 'refused', code: 'CREDENTIAL_REJECTED' }
          : { kind: 'valid', account: 'acct' },
    },
    () => current,
  )
  const order = { ...work.order, rotation: { id: 'r1', class: 'chosen' } } as const
  const one = { ...work, order }
  await act(one, 'stage')
  await act(one, 'set')
  current = 'fake-wrong'
  expect(await act(one, 'confirm')).toMatchObject({ result: 'refused', whose: 'new' })
  expect(await work.staging.read('r1')).toHaveProperty('new')
  current = 'fake-new'
  expect(await act(one, 'confirm')).toEqual({ result: 'ok' })
  expect(await work.staging.read('r1')).toEqual({ kind: 'staged' })
})

test.each(['fake-old', 'fake-old\n'])(
  'what is made is the current one (%j): refused, and not kept to be ended as the new one',
  async (value) => {
    const ended: (string | undefined)[] = []
    const { work } = workWith({
      create: async () => ({ kind: 'made', value: Buffer.from(value), id: 'old' }),
      marked: async () => ({ kind: 'ids', ids: ['really-made'] }),
      end: async ({ id }) => {
        ended.push(id)
        return { kind: 'ok' }
      },
    })
    const refused = { result: 'refused', reason: 'same-value', program: { step: 'create' } }
    expect(await act(work, 'create')).toMatchObject(refused)
    expect(await work.staging.read('r1')).not.toHaveProperty('new')
    expect(await act(work, 'discard')).toEqual({ result: 'ok', id: 'really-made' })
    expect(ended).toEqual(['really-made'])
  },
)
