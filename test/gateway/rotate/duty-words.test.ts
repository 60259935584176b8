/** The lines of a gateway about its rotations: what is new is told apart from what was said. */
import { expect, test } from 'vitest'
import { cameToInWords, triedInWords } from '../../../src/gateway/rotate/duty-words.ts'
import type { Subject } from '../../../src/gateway/rotate/subjects.ts'
import type { CameTo } from '../../../src/gateway/rotate/tell.ts'

const SUBJECT: Subject = {
  ref: 'app-db',
  environment: 'default',
  rotate: { options: {} },
  driver: 'postgres',
  class: 'chosen',
  guided: false,
  options: {},
  step: { provider: 'store', at: { path: 'app-db' } },
  provider: { type: 'store', options: {} },
  targets: [],
  agents: [],
}

const AT = new Date('2026-11-25T12:00:00Z')

function cameTo(rotation: Partial<CameTo['rotation']>, last: CameTo['last'] = {}): CameTo {
  return {
    kind: 'came-to',
    rotation: {
      id: 'fake-rotation',
      config: '/c',
      environment: 'default',
      ref: 'app-db',
      class: 'chosen',
      driver: 'postgres',
      place: '',
      from: '1',
      step: 'planned',
      attempts: 0,
      failures: 0,
      open: false,
      orphanPossible: false,
      beganAt: AT,
      updatedAt: AT,
      ...rotation,
    },
    last,
    holders: [],
  }
}

const DOWN = { result: 'unavailable', service: true, code: 'PROVIDER_UNAVAILABLE' } as const

test('a try that failed: which of how many, why, when again; the next one is no news', () => {
  const { rotation } = cameTo({ step: 'staged', attempts: 2 })
  const said = triedInWords(SUBJECT, rotation, DOWN, 10)
  expect(said.level).toBe('warn')
  expect(said.sentence).toMatch(
    /^app-db: rotation: tried 2 of 5: .+ \[PROVIDER_UNAVAILABLE\]; again in 10 s$/,
  )
  const next = triedInWords(SUBJECT, { ...rotation, attempts: 3 }, DOWN, 20)
  expect(next.same).toBe(said.same)
  const anew = triedInWords(SUBJECT, { ...rotation, failures: 1 }, DOWN, 5)
  expect(anew.same).not.toBe(said.same)
})

test('where it is: what went well is said on info, what did not with its reason and hint', () => {
  expect(cameToInWords(SUBJECT, { ...cameTo({ step: 'done' }), version: '2' })).toMatchObject({
    level: 'info',
    sentence: 'app-db: rotated, version 2 is current; the one before is ended',
  })
  const failed = cameToInWords(SUBJECT, cameTo({ step: 'planned', failures: 1 }, DOWN))
  expect(failed).toMatchObject({
    level: 'error',
    sentence: expect.stringMatching(
      /^app-db was not replaced: .+; what was begun is undone, and it begins anew within the hour \(failed 1 of 3 times\)$/,
    ),
    hint: expect.any(String),
  })
  const undoing = cameToInWords(SUBJECT, cameTo({ step: 'aborting', attempts: 3 }, DOWN))
  expect(undoing.sentence).toContain('what was begun is not undone yet')
  const later = cameToInWords(SUBJECT, cameTo({ step: 'aborting', attempts: 4 }, DOWN))
  expect(later.same).toBe(undoing.same)
  expect(
    cameToInWords(SUBJECT, cameTo({ step: 'stuck', reason: 'unavailable' }, DOWN)),
  ).toMatchObject({
    level: 'error',
    hint: expect.stringContaining('secretref secrets rotation resume app-db'),
  })
  expect(cameToInWords(SUBJECT, cameTo({ step: 'retired', attempts: 1 }, DOWN))).toMatchObject({
    level: 'warn',
    sentence: expect.stringContaining('app-db: rotation: not further than "retired" for now: '),
  })
})

test('one that was taken back: the gateway does not say undone of what a person has to end', () => {
  const undone = cameTo({ step: 'abandoned', reason: 'rolled-back' })
  expect(cameToInWords(SUBJECT, undone)).toMatchObject({
    level: 'info',
    sentence: 'app-db: rotation: rolled back; what was begun is undone',
  })
  expect(cameToInWords({ ...SUBJECT, guided: true }, undone)).toMatchObject({
    level: 'warn',
    sentence:
      'app-db: rotation: rolled back; what a person brought is theirs to end at its service',
  })
  const unasked = cameTo({ step: 'done' }, { result: 'ok', reason: 'unverified' })
  expect(cameToInWords({ ...SUBJECT, guided: true }, unasked).sentence).toBe(
    'app-db: rotated; the one before is a person’s to end at its service',
  )
})

test('one that is to end at once is not said to live on for who holds it', () => {
  const came = cameTo({ step: 'distributed' })
  expect(cameToInWords(SUBJECT, came)).toMatchObject({ level: 'info' })
  expect(cameToInWords(SUBJECT, { ...came, overdue: true })).toMatchObject({
    level: 'warn',
    sentence: 'app-db: rotated; the one before, which is to end at once, is not ended yet',
  })
})
