import { describe, expect, test } from 'vitest'
import type { AuditRecord, Entry } from '../../src/audit/record.ts'
import { Uses } from '../../src/audit/uses.ts'
import { entry } from './home.ts'

const FINGERPRINT = `hmac-sha256:${'0f'.repeat(16)}`
let seq = 0

/** `undefined` takes a field away. */
type Fields = { [K in keyof Entry]?: Entry[K] | undefined }

function record(fields: Fields = {}, run?: string): AuditRecord {
  seq += 1
  const { actor, ...rest }: Entry = JSON.parse(
    JSON.stringify({ ...entry(), ref: 'r', secret: { fingerprint: FINGERPRINT }, ...fields }),
  )
  const time = new Date(Date.UTC(2026, 10, 24) + seq * 1000).toISOString()
  return {
    ...rest,
    actor: { ...actor, ...(run === undefined ? {} : { run }) },
    v: 1,
    seq,
    time,
    prev: '',
  }
}

describe('where a value was used', () => {
  test('each agent with each ref, in the order of the first record', () => {
    seq = 0
    const uses = new Uses(FINGERPRINT)
    uses.add(record({ event: 'secret.written', agent: undefined }), 'audit.log.then')
    uses.add(record({ agent: 'b' }, 'r-1'))
    uses.add(record({ agent: 'b', secret: { fingerprint: 'hmac-sha256:other' } }, 'r-2'))
    uses.add(record({ agent: 'b', secret: undefined }, 'r-3'))
    uses.add(record({ event: 'grant.delivered', agent: 'b' }, 'r-1'))
    uses.add(record({ agent: 'a', ref: 'other' }, 'r-4'))
    expect(uses.uses()).toEqual([
      {
        ref: 'r',
        records: 1,
        delivered: 0,
        first: {
          seq: 1,
          time: '2026-11-24T00:00:01.000Z',
          event: 'secret.written',
          archive: 'audit.log.then',
        },
        last: {
          seq: 1,
          time: '2026-11-24T00:00:01.000Z',
          event: 'secret.written',
          archive: 'audit.log.then',
        },
        runs: [],
        moreRuns: false,
      },
      {
        agent: 'b',
        ref: 'r',
        records: 2,
        delivered: 1,
        first: { seq: 2, time: '2026-11-24T00:00:02.000Z', event: 'grant.released' },
        last: { seq: 5, time: '2026-11-24T00:00:05.000Z', event: 'grant.delivered' },
        runs: ['r-1'],
        moreRuns: false,
      },
      expect.objectContaining({ agent: 'a', ref: 'other', runs: ['r-4'] }),
    ])
  })

  test('of very many runs the last are kept, the newest last', () => {
    const uses = new Uses(FINGERPRINT)
    for (let i = 0; i < 1500; i++) uses.add(record({}, `r-${i}`))
    uses.add(record({}, 'r-600'))
    const [use] = uses.uses()
    expect(use).toMatchObject({ records: 1501, moreRuns: true })
    expect(use?.runs).toHaveLength(1000)
    expect(use?.runs.slice(-2)).toEqual(['r-1499', 'r-600'])
  })

  test('whether there is any fingerprint at all', () => {
    const uses = new Uses('')
    uses.add(record({ secret: undefined }))
    expect(uses.anyFingerprint).toBe(false)
    uses.add(record())
    expect(uses.anyFingerprint).toBe(true)
    expect(uses.uses()).toEqual([])
  })
})
