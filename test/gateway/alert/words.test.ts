/** What crosses the wall, and what people read. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTried } from '../../../src/gateway/alert/sender.ts'
import { messageOf } from '../../../src/gateway/alert/text.ts'
import { ALERT } from './stage.ts'

const line = (sent: unknown): string => JSON.stringify({ type: 'tried', sent })

describe('what a sender says of a message', () => {
  test('comes through as closed fields', () => {
    expect(parseTried(line({ kind: 'sent', why: 'fake-value' }))).toEqual({ kind: 'sent' })
    expect(parseTried(line({ kind: 'refused', reason: 'credential', text: 'x' }))).toEqual({
      kind: 'refused',
      reason: 'credential',
    })
    expect(parseTried(line({ kind: 'unavailable', reason: 'busy', afterMs: 9e9 }))).toEqual({
      kind: 'unavailable',
      reason: 'busy',
      afterMs: 3_600_000,
    })
    for (const afterMs of [-1, 0.5, 'soon', null]) {
      expect(parseTried(line({ kind: 'unavailable', reason: 'busy', afterMs }))).toEqual({
        kind: 'unavailable',
        reason: 'busy',
      })
    }
  })

  test('of a program’s end an exit code, and nothing else that is called so', () => {
    const why = { kind: 'unavailable', reason: 'exit-code' }
    expect(parseTried(line({ ...why, exit: 7 }))).toEqual({ ...why, exit: 7 })
    for (const exit of [0, -1, 1.5, 256, '7', null]) {
      expect(parseTried(line({ ...why, exit }))).toEqual(why)
    }
    const server = { kind: 'unavailable', reason: 'server' }
    expect(parseTried(line({ ...server, exit: 7 }))).toEqual(server)
  })

  test('or not at all', () => {
    const words = ['', '{}', '[]', 'null', line(null), line('sent'), line({ kind: 'refused' })]
    const wrong = [
      line({ kind: 'refused', reason: 'network' }),
      line({ kind: 'unavailable', reason: 'credential' }),
      JSON.stringify({ type: 'fetched', sent: { kind: 'sent' } }),
      `${line({ kind: 'sent' })}${' '.repeat(300)}`,
    ]
    for (const one of [...words, ...wrong]) expect(parseTried(one)).toBeUndefined()
  })

  test('whatever it is, nothing else comes through', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const sent = parseTried(line(value))
        const allowed = new Set(['kind', 'reason', 'exit', 'afterMs'])
        expect(Object.keys(sent ?? {}).every((key) => allowed.has(key))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

test('a message for people has its lines and no others, whatever its names hold', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1 }),
      (text, hint, count) => {
        const delivery = {
          id: 'i',
          channel: 'c',
          attempts: 0,
          count,
          alert: { ...ALERT, text, hint },
        }
        const message = messageOf(delivery)
        expect(message.text.split('\n')).toHaveLength(count === 1 ? 3 : 4)
        // oxlint-disable-next-line no-control-regex -- they are what must not be in it
        expect(message.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/)
        expect(JSON.parse(message.body)).toMatchObject({ type: ALERT.event, data: { count } })
      },
    ),
    { numRuns: 200 },
  )
})
