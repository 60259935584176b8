import { expect, test } from 'vitest'
import { recordGrants, type GrantRow } from '../../src/state/grants.ts'
import { knownValues } from '../../src/state/known-values.ts'
import { openState } from './folder.ts'

const grant = (over: Partial<GrantRow>): GrantRow => ({
  config: '/c.json',
  agent: 'a',
  envVar: 'K',
  tool: 't',
  ref: 'k',
  environment: 'default',
  outcome: 'injected',
  run: 'run-1',
  at: '2026-11-24T12:00:00.000Z',
  route: 'aa',
  fingerprint: 'hmac-sha256:00',
  ...over,
})

test('each value once for a ref, the newest first, and none of what nobody received', () => {
  const db = openState()
  const { fingerprint: _, ...without } = grant({ envVar: 'L' })
  recordGrants(db, [
    grant({}),
    grant({ agent: 'b' }),
    grant({ envVar: 'M', ref: 'm', at: '2026-11-25T12:00:00.000Z' }),
    { ...without, outcome: 'denied' },
  ])
  expect(knownValues(db)).toEqual([
    { fingerprint: 'hmac-sha256:00', ref: 'm' },
    { fingerprint: 'hmac-sha256:00', ref: 'k' },
  ])
})
