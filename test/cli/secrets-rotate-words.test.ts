/** What `secrets rotate` says of a rotation that did not come to its end. */
import { expect, test } from 'vitest'
import { needsSomebody, outcomeText, triedInWords } from '../../src/cli/secrets-rotate-words.ts'
import type { Can } from '../../src/cli/secrets-rotate.ts'
import { wordsOf, type CameTo } from '../../src/gateway/rotate/tell.ts'
import { recorded } from './recorded.ts'

const NOW = new Date('2026-11-25T00:00:00Z')
const SUBJECT: Can['subject'] = {
  ref: 'db-url',
  environment: 'default',
  rotate: { options: {} },
  driver: 'postgres',
  class: 'chosen',
  guided: false,
  options: {},
  step: { provider: 'main', at: { path: 'db-url' } },
  provider: { type: 'store', options: {} },
  targets: [],
  agents: [],
}
const PLANNED: Can = { kind: 'can', subject: SUBJECT, due: { kind: 'never' }, todo: true }

function rotation(more: Partial<CameTo['rotation']>): CameTo['rotation'] {
  return {
    id: 'r1',
    class: 'chosen',
    step: 'aborting',
    attempts: 1,
    failures: 0,
    open: false,
    orphanPossible: false,
    config: '/c',
    environment: 'default',
    ref: 'db-url',
    driver: 'postgres',
    place: '',
    from: '1',
    beganAt: NOW,
    updatedAt: NOW,
    ...more,
  }
}

function text(last: CameTo['last'], more: Partial<CameTo['rotation']> = {}): string {
  const rotated: CameTo = { kind: 'came-to', rotation: rotation(more), last, holders: [] }
  return outcomeText(recorded(), { planned: PLANNED, rotated })
}

test('one that is not undone yet: why, that it goes on, and the way out of it', () => {
  const unreachable = { result: 'unavailable', code: 'PROVIDER_UNAVAILABLE' } as const
  const said = text({ did: 'discard', ...unreachable, reason: 'unreachable', service: true })
  expect(said).toMatch(/^\[fail\] db-url: /)
  expect(said).toContain(
    'what was begun is not undone yet: the service of "db-url" cannot be reached',
  )
  expect(said).toContain('the next run tries it again')
  expect(said).toContain('secretref secrets rotation abandon db-url --leave')
})

test('where somebody has set another value meanwhile, that is what counts', () => {
  const said = text({ did: 'discard', result: 'refused', reason: 'current-changed' })
  expect(said).toContain('hint: its service must take what the ref holds now; the next run')
  expect(said).not.toContain('what was made is undone')
})

test('a failed try: which one of how many, why, and when the next is', () => {
  const until = new Date(NOW.getTime() + 4_200)
  const last = {
    did: 'set',
    result: 'unknown',
    code: 'TIMEOUT',
    reason: 'timeout',
    service: true,
  } as const
  expect(triedInWords(SUBJECT, NOW, rotation({ step: 'staged', attempts: 2 }), last, until)).toBe(
    'db-url: tried 2 of 5: the service of "db-url" did not answer; again in 5 s; Ctrl-C leaves it to the next run',
  )
  const later = triedInWords(SUBJECT, NOW, rotation({ step: 'distributed' }), last, until)
  expect(later).toContain('tried 1 of 12: ')
  const fresh = { ...last, did: 'verify', result: 'not-yet' } as const
  expect(triedInWords(SUBJECT, NOW, rotation({ step: 'staged' }), fresh, until)).toContain('1 of 7')
})

test('where another value had become current meanwhile, that is said', () => {
  const last = { did: 'promote', result: 'conflict' } as const
  const said = text(last, { step: 'planned', failures: 1, reason: 'current-changed' })
  expect(said).toContain('not rotated: somebody else changed the value')
  const about = { ref: 'db-url', reason: 'current-changed', failures: 1 } as const
  expect(wordsOf(about, 'failed', undefined)?.text).toBe(
    'db-url was not replaced: somebody else changed the value',
  )
})

test('one that another process is at: which, what to do, and where to look', () => {
  const said = outcomeText(recorded(), { planned: PLANNED, rotated: { kind: 'held', pid: 4711 } })
  expect(said).toBe(
    '[warn] db-url: process 4711 is rotating it, and has not ended in time\n' +
      '   hint: wait until process 4711 has ended it, or stop that process, then run this again; secretref secrets rotation status shows how far db-url is\n',
  )
})

test('one that was taken back: what a person has made there, only they can end', () => {
  const undone = { step: 'abandoned', reason: 'rolled-back', attempts: 0 } as const
  expect(text({}, undone)).toContain('rolled back, the old value is current; the new one is ended')
  const apart = outcomeText(recorded(), {
    planned: PLANNED,
    rotated: {
      kind: 'came-to',
      rotation: rotation(undone),
      last: {},
      beside: true,
      holders: [],
    },
  })
  expect(apart).toContain('not rolled back: somebody has set another value meanwhile, which stays')
  const subject = { ...SUBJECT, driver: 'stripe', guided: true }
  const rotated: CameTo = { kind: 'came-to', rotation: rotation(undone), last: {}, holders: [] }
  const outcome = { planned: { ...PLANNED, subject }, rotated }
  const said = outcomeText(recorded(), outcome)
  expect(said).toContain('the new one is not ended: it is yours to end at its service')
  expect(needsSomebody([outcome.planned], [outcome])).toBe(true)
  const unasked: CameTo = {
    ...rotated,
    rotation: rotation({ step: 'done' }),
    last: { did: 'confirm', result: 'ok', reason: 'unverified' },
  }
  expect(outcomeText(recorded(), { ...outcome, rotated: unasked })).toContain(
    'neither about it nor about the old one, which is yours to end there',
  )
})

test('after a leak, where one that was under way could not be ended: what is current is not replaced yet', () => {
  const open = rotation({ step: 'distributed', promotedAt: NOW })
  const rotated: CameTo = { kind: 'came-to', rotation: open, last: {}, holders: [], overdue: true }
  const outcome = { planned: { ...PLANNED, open }, rotated }
  const words = 'what is current was made by the rotation that was under way'
  expect(outcomeText(recorded(), { ...outcome, revokeNow: true })).toContain(words)
  expect(outcomeText(recorded(), outcome)).not.toContain(words)
  const other: CameTo = { ...rotated, rotation: { ...open, id: 'r2' } }
  expect(outcomeText(recorded(), { ...outcome, rotated: other, revokeNow: true })).not.toContain(
    words,
  )
})
