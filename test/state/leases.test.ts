import { expect, test } from 'vitest'
import { leasesOf, recordLeases, recordRevoked, type LeaseRow } from '../../src/state/leases.ts'
import { openState } from './folder.ts'

const ROW: LeaseRow = {
  config: '/c',
  environment: 'production',
  agent: 'a',
  envVar: 'DB_WORD',
  run: 'r1',
  state: 'held',
  endsAt: '2026-11-25T00:00:00.000Z',
}
const KEY = { config: '/c', environment: 'production' }
const all = (db: ReturnType<typeof openState>): LeaseRow[] =>
  Array.from(leasesOf(db, KEY).values()).flatMap((own) => Array.from(own.values()))

test('the last lease of each variable, of one config and environment', () => {
  const db = openState()
  const renewed: LeaseRow = { ...ROW, state: 'renewed', endsAt: '2026-11-25T00:01:00.000Z' }
  const other = { ...ROW, agent: 'b' }
  recordLeases(db, [ROW, other, { ...ROW, environment: 'staging' }, { ...ROW, config: '/d' }])
  recordLeases(db, [renewed])
  expect(all(db)).toEqual([other, renewed].toSorted((x, y) => x.agent.localeCompare(y.agent)))
})

test('revoked is what its own run held; what a later run holds is not', () => {
  const db = openState()
  recordLeases(db, [ROW])
  recordRevoked(db, 'r1', 'DB_WORD')
  expect(all(db)).toEqual([{ ...ROW, state: 'revoked' }])
  recordLeases(db, [{ ...ROW, run: 'r2' }])
  recordRevoked(db, 'r1', 'DB_WORD')
  expect(all(db)).toEqual([{ ...ROW, run: 'r2' }])
})

test('a state of another version promises nothing', () => {
  const db = openState()
  recordLeases(db, [ROW])
  db.exec(`UPDATE leases SET state = 'something new'`)
  expect(all(db)).toMatchObject([{ state: 'lost' }])
})
