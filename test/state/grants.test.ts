import { describe, expect, test } from 'vitest'
import { allGrants, grantsOf, recordGrants, type GrantRow } from '../../src/state/grants.ts'
import { openState } from './folder.ts'

const GRANT: GrantRow = {
  config: '/somewhere/config.json',
  agent: 'a',
  envVar: 'K',
  tool: 't',
  ref: 'k',
  environment: 'default',
  outcome: 'injected',
  run: 'run-1',
  at: '2026-11-24T12:00:00.000Z',
  provider: 'file',
  version: 'v1',
  fingerprint: 'hmac-sha256:00',
  expiresAt: '2027-03-08T04:12:00.000Z',
  route: 'aa',
}
const KEY = { config: GRANT.config, environment: 'default', agent: 'a' }

describe('grants', () => {
  test('come back as they were recorded, with all fields and with none', () => {
    const db = openState()
    const { provider: _p, version: _v, fingerprint: _f, expiresAt: _e, ...bare } = GRANT
    const denied: GrantRow = { ...bare, envVar: 'L', outcome: 'denied', code: 'EXPIRED' }
    recordGrants(db, [GRANT, denied])
    expect(grantsOf(db, KEY)).toEqual(
      new Map([
        ['K', GRANT],
        ['L', denied],
      ]),
    )
  })

  test('the last one counts, and leaves nothing of the one before', () => {
    const db = openState()
    const { version: _v, expiresAt: _e, ...shorter } = GRANT
    recordGrants(db, [GRANT])
    recordGrants(db, [{ ...shorter, outcome: 'ready' }])
    expect(grantsOf(db, KEY).get('K')).toEqual({ ...shorter, outcome: 'ready' })
  })

  test('agents, environments and configs are kept apart', () => {
    const db = openState()
    recordGrants(db, [
      { ...GRANT, agent: 'b' },
      { ...GRANT, environment: 'production' },
      { ...GRANT, config: '/other.json' },
    ])
    expect(grantsOf(db, KEY).size).toBe(0)
    expect(grantsOf(db, { ...KEY, environment: 'production' }).size).toBe(1)
  })

  test('those of all agents come in one pass, and nothing of another config or environment', () => {
    const db = openState()
    const second = { ...GRANT, envVar: 'L' }
    const other = { ...GRANT, agent: 'b' }
    recordGrants(db, [
      GRANT,
      second,
      other,
      { ...GRANT, agent: 'c', environment: 'production' },
      { ...GRANT, agent: 'd', config: '/other.json' },
    ])
    expect(allGrants(db, KEY)).toEqual(
      new Map([
        [
          'a',
          new Map([
            ['K', GRANT],
            ['L', second],
          ]),
        ],
        ['b', new Map([['K', other]])],
      ]),
    )
  })

  test('an outcome of another version shows as denied, not as well', () => {
    const db = openState()
    recordGrants(db, [GRANT])
    db.exec(`UPDATE grants SET outcome = 'leased'`)
    expect(grantsOf(db, KEY).get('K')?.outcome).toBe('denied')
  })
})
