import { describe, expect, test } from 'vitest'
import { provider } from '../../../src/values/providers/env.ts'
import { bytesOf, conformance, contextOf, only } from './conformance.ts'

async function open(env: ReadonlyMap<string, Buffer>, signal = new AbortController().signal) {
  return provider.open({}, contextOf({ env, signal }))
}

conformance('env', {
  provider,
  carries: 'no NUL',
  open: async (values, signal) => ({
    session: await open(values, signal),
    at: (name) => ({ path: name }),
  }),
})

describe('env', () => {
  test('asks for the variables of its locations and no others', () => {
    const locations = [
      { path: 'FAKE_ONE' },
      { path: 'FAKE_TWO', alias: 'FAKE_OTHER' },
      { path: 'FAKE_ONE' },
      { path: 'no-variable' },
    ]
    expect(provider.spec.env({}, locations)).toEqual(['FAKE_ONE', 'FAKE_TWO', 'FAKE_OTHER'])
  })

  test('looks at what it was handed, never at its own process', async () => {
    const name = Object.keys(process.env)[0] ?? ''
    const session = await open(new Map())
    expect(await only(session, { path: name })).toEqual({
      kind: 'absent',
      code: 'SECRET_NOT_FOUND',
      reason: 'no-such-variable',
      place: name,
    })
  })

  test('takes the second spelling only where the first is not set', async () => {
    const at = { path: 'FAKE_ONE', alias: 'FAKE_TWO' }
    const two = Buffer.from('fake-value-2')
    const both = await open(
      new Map([
        ['FAKE_ONE', Buffer.from('fake-value-1')],
        ['FAKE_TWO', two],
      ]),
    )
    expect(bytesOf(await only(both, at)).toString()).toBe('fake-value-1')
    const second = await open(new Map([['FAKE_TWO', two]]))
    expect(bytesOf(await only(second, at)).toString()).toBe('fake-value-2')
    // Set and empty is not the same as not set.
    const empty = await open(
      new Map([
        ['FAKE_ONE', Buffer.alloc(0)],
        ['FAKE_TWO', two],
      ]),
    )
    expect(await only(empty, at)).toMatchObject({ code: 'SECRET_EMPTY' })
  })

  test('a variable has no fields', async () => {
    const session = await open(new Map([['FAKE_ONE', Buffer.from('fake-value-1')]]))
    expect(await only(session, { path: 'FAKE_ONE', field: 'x' })).toMatchObject({
      code: 'PROVIDER_INVALID',
      reason: 'bad-name',
    })
  })
})
