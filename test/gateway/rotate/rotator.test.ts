/** What control takes of a rotator's words. */
import { expect, test } from 'vitest'
import { parseDid } from '../../../src/gateway/rotate/rotator.ts'

const told = (undropped: unknown): unknown =>
  parseDid(JSON.stringify({ did: 'promote', result: 'ok', version: '2', undropped }), 'promote')

test('that a value is still kept for an outage is one word, and nothing else is taken for it', () => {
  const did = { did: 'promote', result: 'ok', version: '2' }
  expect(told(true)).toEqual({ ...did, undropped: true })
  for (const other of [undefined, false, 'fake-value', 1, {}]) expect(told(other)).toEqual(did)
})
