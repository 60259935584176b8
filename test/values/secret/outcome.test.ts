import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../src/values/providers/contract.ts'
import { found, timedOut, untilAborted } from '../../../src/values/secret/outcome.ts'

describe('found', () => {
  test('an empty value is a failure of its own', () => {
    expect(found(Buffer.alloc(0))).toMatchObject({ kind: 'malformed', code: 'SECRET_EMPTY' })
  })

  test('a placeholder is delivered with a warning beside those there are', () => {
    const loose = { code: 'FILE_MODE_LOOSE', place: '/a' } as const
    const outcome = found(Buffer.from('changeme'), { version: '1', warnings: [loose] })
    expect(outcome).toMatchObject({
      kind: 'value',
      meta: { version: '1', warnings: [loose, { code: 'PLACEHOLDER_VALUE' }] },
    })
  })
})

describe('untilAborted', () => {
  test('answers every item at once when the signal aborts, and wipes what comes later', async () => {
    const controller = new AbortController()
    const work = Promise.withResolvers<readonly Outcome[]>()
    const answer = untilAborted(controller.signal, 2, () => work.promise)
    controller.abort()
    expect(await answer).toEqual([timedOut, timedOut])
    const late = Buffer.from('fake-value-1')
    work.resolve([found(late), timedOut])
    await work.promise
    expect(late.every((byte) => byte === 0)).toBe(true)
  })

  test('does not even begin when the signal has aborted before', async () => {
    let begun = false
    const answer = await untilAborted(AbortSignal.abort(), 1, async () => {
      begun = true
      return [timedOut]
    })
    expect(answer).toEqual([timedOut])
    expect(begun).toBe(false)
  })
})
