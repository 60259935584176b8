/** When a request to end is a repeated one. What signals do to processes is in test/process. */
import { expect, test } from 'vitest'
import { Requests } from '../../src/gateway/signals.ts'

test('what comes within 200 ms of the first is the same request', () => {
  const requests = new Requests()
  expect([1000, 1000, 1199, 1200, 1201].map((now) => requests.count(now))).toEqual([
    'first',
    'same',
    'same',
    'repeated',
    'repeated',
  ])
})
