import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  abandon,
  actionOf,
  isOver,
  MOST_AFTER,
  MOST_FAILURES,
  MOST_LOOKS,
  next,
  resume,
  rollBack,
  sending,
} from '../../src/rotation/machine.ts'
import {
  CLASSES,
  type Action,
  type DriverClass,
  type Result,
  type Rotation,
} from '../../src/rotation/types.ts'

const NOW = new Date('2026-11-25T00:00:00Z')

const planned = (kind: DriverClass): Rotation => ({
  id: 'r1',
  class: kind,
  step: 'planned',
  attempts: 0,
  failures: 0,
  open: false,
  orphanPossible: false,
})

/** Runs it to its end. @returns the actions with their results, in order */
function play(
  kind: DriverClass,
  answer: (action: Action, at: number) => Result,
): { end: Rotation; did: [Action, Result][] } {
  let rotation = planned(kind)
  const did: [Action, Result][] = []
  while (!isOver(rotation)) {
    const action = actionOf(rotation)
    if (action === undefined) throw new Error('nothing to do, and not over')
    rotation = sending(rotation)
    const result = answer(action, did.length)
    did.push([action, result])
    const { attempts, failures, step } = rotation
    rotation = next(rotation, action, result, NOW)
    // Waiting for somebody is no failure, and no progress.
    if (result === 'waiting') expect(rotation).toMatchObject({ attempts, failures, step })
    if (did.length > 500) throw new Error('it never ends')
  }
  return { end: rotation, did }
}

/** Only these touch the outside or a store; what is ours alone does not fail. */
const OURS: ReadonlySet<Action> = new Set(['begin', 'announce', 'settle'])
const RESULTS: Partial<Record<Action, Result[]>> = {
  promote: ['ok', 'unavailable', 'unknown', 'conflict', 'refused'],
  reconcile: ['ok', 'unavailable', 'unknown', 'unlisted'],
  create: ['ok', 'unavailable', 'unknown', 'refused', 'waiting'],
  discard: ['ok', 'unavailable', 'unknown', 'refused', 'unlisted', 'conflict'],
  verify: ['ok', 'unavailable', 'unknown', 'refused', 'not-yet', 'waiting'],
  distribute: ['ok', 'unavailable', 'waiting'],
  confirm: ['ok', 'unavailable', 'unknown', 'refused', 'not-yet', 'waiting'],
}
/** Somebody comes in the end. */
const MOST_WAITING = 20
const HAPPY: Record<DriverClass, Action[]> = {
  chosen: ['begin', 'stage', 'set', 'verify', 'promote', 'distribute', 'retire', 'confirm'],
  slots: ['begin', 'stage', 'set', 'verify', 'promote', 'distribute', 'retire', 'confirm'],
  issued: ['begin', 'announce', 'create', 'verify', 'promote', 'distribute', 'retire', 'confirm'],
  roll: ['begin', 'announce', 'create', 'verify', 'promote', 'distribute', 'retire', 'confirm'],
}

/** Asks again as soon as it may, and is told `not-yet` each time. */
function askAgain(
  from: Rotation,
  action: Action,
): { rotation: Rotation; pauses: number; ms: number } {
  let rotation = from
  let pauses = 0
  let now = NOW
  for (;;) {
    rotation = next(rotation, action, 'not-yet', now)
    if (rotation.notBefore === undefined)
      return { rotation, pauses, ms: now.getTime() - NOW.getTime() }
    now = rotation.notBefore
    pauses += 1
  }
}

describe('the state machine', () => {
  test.each(CLASSES)('%s: every step once, where all goes well', (kind) => {
    const { end, did } = play(kind, () => 'ok')
    expect(did.map(([action]) => action)).toEqual(HAPPY[kind])
    expect(end.step).toBe('done')
  })

  test('a value that does not verify is undone, and after three rotations left to a person', () => {
    const { end, did } = play('issued', (action) => (action === 'verify' ? 'refused' : 'ok'))
    expect(end).toMatchObject({ step: 'stuck', failures: MOST_FAILURES, reason: 'refused' })
    expect(did.filter(([action]) => action === 'discard')).toHaveLength(MOST_FAILURES)
    expect(did.some(([action]) => action === 'promote')).toBe(false)
  })

  test('a creation without an answer is looked for before another is sent', () => {
    let asked = 0
    const { did } = play('issued', (action) =>
      action === 'create' && (asked += 1) === 1 ? 'unknown' : 'ok',
    )
    expect(did.slice(2, 5)).toEqual([
      ['create', 'unknown'],
      ['reconcile', 'ok'],
      ['create', 'ok'],
    ])
  })

  test('where it cannot be looked for, a person must', () => {
    const results: Partial<Record<Action, Result>> = { create: 'unknown', reconcile: 'unlisted' }
    const { end } = play('issued', (action) => results[action] ?? 'ok')
    expect(end).toMatchObject({ step: 'stuck', reason: 'orphan-possible', orphanPossible: true })
  })

  test('undone, but there is one of which nobody knows whose it is: a person must look', () => {
    const results: Partial<Record<Action, Result>> = { verify: 'refused', discard: 'unlisted' }
    const { end, did } = play('issued', (action) => results[action] ?? 'ok')
    expect(did.at(-1)).toEqual(['discard', 'unlisted'])
    expect(end).toMatchObject({ step: 'stuck', reason: 'orphan-possible', orphanPossible: true })
  })

  test('another one is current by now: what was made is undone', () => {
    let promotes = 0
    const { end, did } = play('slots', (action) =>
      action === 'promote' && (promotes += 1) === 1 ? 'conflict' : 'ok',
    )
    expect(did.map(([action]) => action)).toContain('discard')
    expect(end).toMatchObject({ step: 'done', failures: 1 })
  })

  test('waiting for those who hold the old one is no failure, however long', () => {
    let rotation: Rotation = { ...planned('issued'), step: 'promoted' }
    for (let looks = 0; looks < 1000; looks += 1) {
      rotation = next(rotation, 'distribute', 'waiting', NOW)
    }
    const notBefore = new Date(NOW.getTime() + 60_000)
    expect(rotation).toMatchObject({ step: 'promoted', attempts: 0, notBefore })
    expect(next(rotation, 'distribute', 'ok', NOW).step).toBe('distributed')
  })

  test('a person who has to bring it is waited for: nothing was sent, and they may come at any moment', () => {
    const asked = sending({ ...planned('issued'), step: 'creating', attempts: 1 })
    expect(asked.open).toBe(true)
    const waiting = next(asked, 'create', 'waiting', NOW)
    expect(waiting).toMatchObject({ step: 'creating', open: false, attempts: 1, failures: 0 })
    // As often as any other that waits for somebody outside.
    expect(waiting.notBefore).toEqual(new Date(NOW.getTime() + 300_000))
    expect(actionOf(waiting)).toBe('create')
    const looked = next({ ...planned('issued'), step: 'retired' }, 'confirm', 'waiting', NOW)
    const notBefore = new Date(NOW.getTime() + 300_000)
    expect(looked).toMatchObject({ step: 'retired', attempts: 0, notBefore })
  })

  test('a fresh one that is not known yet is asked about for 5 minutes and 15 seconds, then undone', () => {
    const first: Rotation = { ...planned('issued'), step: 'staged' }
    const { rotation, pauses, ms } = askAgain(first, 'verify')
    expect(pauses).toBe(MOST_LOOKS - 1)
    expect(ms).toBe(315_000)
    expect(rotation).toMatchObject({ step: 'aborting', reason: 'refused' })
    expect(next(first, 'verify', 'refused', NOW)).toMatchObject({ step: 'aborting' })
  })

  test('an ended one that is still taken is asked about for two hours, then left to a person', () => {
    const { rotation, pauses, ms } = askAgain({ ...planned('issued'), step: 'retired' }, 'confirm')
    expect(pauses).toBe(MOST_AFTER - 1)
    expect(ms).toBeGreaterThan(2 * 3_600_000)
    expect(rotation).toMatchObject({ step: 'stuck', reason: 'unavailable' })
  })

  test('what a person gives up is undone before it was promoted, and left as it is after', () => {
    expect(abandon({ ...planned('chosen'), step: 'set' })).toMatchObject({ step: 'aborting' })
    expect(abandon({ ...planned('chosen'), step: 'distributed' }).step).toBe('abandoned')
  })

  test('what somebody else has changed is neither set over nor promoted over: it is undone', () => {
    for (const [step, action] of [
      ['staged', 'set'],
      ['verified', 'promote'],
    ] as const) {
      expect(next({ ...planned('chosen'), step }, action, 'conflict', NOW)).toMatchObject({
        step: 'aborting',
        reason: 'current-changed',
      })
    }
  })

  test('what is stuck goes on, when a person says so, where something of it is left outside', () => {
    const stuck = { ...planned('issued'), step: 'stuck', attempts: 3, open: true } as const
    const undone = { ...stuck, failures: 3, reason: 'refused' } as const
    expect(resume(undone)).toMatchObject({ step: 'planned', failures: 0, attempts: 0, open: false })
    // A creation without an answer is still to be looked for.
    expect(resume({ ...stuck, reason: 'not-undone' })).toMatchObject({
      step: 'aborting',
      open: true,
    })
    expect(resume({ ...stuck, reason: 'orphan-possible' })).toMatchObject({
      step: 'intent',
      open: false,
    })
    // It was promoted: there is no way back, and it is no new one.
    for (const reason of ['unavailable', 'current-changed'] as const) {
      const resumed = resume({ ...stuck, reason, open: false })
      expect(resumed.step).toBe('distributed')
      expect(rollBack(resumed)).toBeUndefined()
    }
  })
})

test('property: whatever the outside answers, the rules hold and it ends', () => {
  const any = fc.array(fc.nat(), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(fc.constantFrom(...CLASSES), any, (kind, chances) => {
      let waited = 0
      const { end, did } = play(kind, (action, at) => {
        if (OURS.has(action)) return 'ok'
        const results = RESULTS[action] ?? ['ok', 'unavailable', 'unknown', 'refused']
        const result = results[(chances[at % chances.length] ?? 0) % results.length] ?? 'ok'
        if (result === 'waiting') waited += 1
        return result === 'waiting' && waited > MOST_WAITING ? 'ok' : result
      })
      let verified = false
      let promoted = false
      let lost = false
      for (const [action, result] of did) {
        if (action === 'stage' || action === 'create') verified = false
        if (action === 'create') {
          expect(lost).toBe(false)
          lost = result === 'unknown'
        }
        if ((action === 'reconcile' || action === 'discard') && result === 'ok') lost = false
        if (action === 'verify' && result === 'ok') verified = true
        if (action === 'promote') {
          expect(verified).toBe(true)
          promoted ||= result === 'ok'
        }
        if (action === 'retire' || action === 'confirm') expect(promoted).toBe(true)
        if (['discard', 'stage', 'create', 'set'].includes(action)) expect(promoted).toBe(false)
      }
      expect(end.step === 'done').toBe(
        promoted && did.at(-1)?.[0] === 'confirm' && did.at(-1)?.[1] === 'ok',
      )
      if (end.step === 'stuck' && !promoted) expect(end.reason).toBeDefined()
    }),
    { numRuns: 500 },
  )
})

describe('the way back', () => {
  const distributed: Rotation = { ...planned('issued'), step: 'distributed' }

  test('is there until the old one is about to be ended, and not after that was sent', () => {
    expect(rollBack({ ...distributed, step: 'promoted' })).toMatchObject({ step: 'aborting' })
    expect(rollBack(distributed)).toMatchObject({ step: 'aborting', reason: 'rolled-back' })
    const sent = sending(distributed)
    expect(rollBack(sent)).toBeUndefined()
    // No answer, an outage, a refusal: the service may have ended it all the same.
    for (const result of ['unknown', 'unavailable', 'refused'] as const) {
      expect(rollBack(next(sent, 'retire', result, NOW))).toBeUndefined()
    }
    expect(next(sent, 'retire', 'ok', NOW)).toMatchObject({ step: 'retired', open: false })
  })

  test('is none where the old one ends by itself: without the new one nothing would be left', () => {
    for (const step of ['promoted', 'distributed'] as const) {
      expect(rollBack({ ...planned('roll'), step })).toBeUndefined()
    }
    // One of which nobody knows whether it works is asked about, and then left to a person.
    let rotation: Rotation = { ...planned('roll'), step: 'staged' }
    let tries = 0
    for (; rotation.step === 'staged'; tries += 1) {
      rotation = next(rotation, 'verify', 'unavailable', NOW)
    }
    expect([tries, rotation.step, rotation.reason]).toEqual([MOST_AFTER, 'stuck', 'unavailable'])
    expect(resume(rotation)).toMatchObject({ step: 'staged', attempts: 0 })
    expect(resume({ ...rotation, promotedAt: NOW }).step).toBe('distributed')
    // Whether there is a way back is for the service to say.
    for (const result of ['refused', 'not-yet'] as const) {
      const late = { ...planned('roll'), step: 'staged', attempts: MOST_LOOKS - 1 } as const
      expect(next(late, 'verify', result, NOW)).toMatchObject({ step: 'aborting' })
    }
    expect(abandon({ ...planned('roll'), step: 'verified' })).toMatchObject({ step: 'aborting' })
    const changed = next({ ...planned('roll'), step: 'verified' }, 'promote', 'conflict', NOW)
    expect(changed).toMatchObject({ step: 'stuck', reason: 'current-changed' })
  })

  test('what a person wanted is still wanted when its undoing is tried again', () => {
    for (const reason of ['rolled-back', 'abandoned'] as const) {
      const undoing: Rotation = { ...planned('issued'), step: 'aborting', reason, open: true }
      const late = { ...undoing, attempts: MOST_AFTER - 1 }
      const notUndone = next(late, 'discard', 'unavailable', NOW)
      expect(notUndone).toMatchObject({ step: 'stuck', reason })
      expect(resume(notUndone)).toEqual({ ...undoing, attempts: 0 })
      // A person has looked for what is not known.
      const lost = resume(next(undoing, 'discard', 'unlisted', NOW))
      expect(lost).toMatchObject({ step: 'aborting', reason, open: false })
      const settled = next(next(lost, 'discard', 'ok', NOW), 'settle', 'ok', NOW)
      expect(settled.step).toBe('abandoned')
    }
  })

  test('where the old one is dead and the new one works, it goes on, and not for ever', () => {
    const undoing: Rotation = { ...planned('chosen'), step: 'aborting', reason: 'unavailable' }
    const on = next(undoing, 'discard', 'conflict', NOW)
    expect(on).toMatchObject({ step: 'set', failures: 1 })
    expect(on.reason).toBeUndefined()
    const again = { ...undoing, failures: MOST_FAILURES - 1 }
    const stuck = next(again, 'discard', 'conflict', NOW)
    expect(stuck).toMatchObject({ step: 'stuck', reason: 'not-undone' })
    expect(resume(stuck)).toMatchObject({ step: 'aborting', failures: 0 })
  })

  test('waiting for who holds the old one sends nothing, and leaves it open', () => {
    expect(rollBack(next(distributed, 'retire', 'waiting', NOW))).toMatchObject({
      step: 'aborting',
    })
  })

  test('to undo is tried as long as to end: a short outage does not leave service and store apart', () => {
    let rotation: Rotation = { ...planned('chosen'), step: 'aborting', reason: 'unavailable' }
    let tries = 0
    for (; rotation.step === 'aborting'; tries += 1) {
      rotation = next(rotation, 'discard', 'unavailable', NOW)
    }
    expect(tries).toBe(MOST_AFTER)
    expect(rotation).toMatchObject({ step: 'stuck', reason: 'not-undone' })
  })

  test('why an earlier try failed is forgotten when another one begins', () => {
    const tried: Rotation = { ...planned('issued'), reason: 'refused', failures: 1 }
    expect(next(tried, 'begin', 'ok', NOW).reason).toBeUndefined()
  })
})

test.each([
  ['intent', 'stage'],
  ['creating', 'create'],
  ['staged', 'set'],
  ['set', 'verify'],
  ['retired', 'confirm'],
  ['aborting', 'discard'],
] as const)(
  '%s: what waits for somebody at %s is asked every five minutes at most',
  (step, action) => {
    const kind = step === 'creating' ? 'issued' : 'chosen'
    const sent = sending({ ...planned(kind), step })
    const { notBefore, open } = next(sent, action, 'waiting', NOW)
    expect(notBefore?.getTime()).toBe(NOW.getTime() + 300_000)
    expect(open).toBe(false)
  },
)

test('who holds the old one is looked at each minute, as that asks nobody', () => {
  const at: Rotation = { ...planned('issued'), step: 'distributed' }
  expect(next(at, 'retire', 'waiting', NOW).notBefore?.getTime()).toBe(NOW.getTime() + 60_000)
  // Its program was asked to end it, and waits.
  const asked = next(sending(at), 'retire', 'waiting', NOW)
  expect(asked.notBefore?.getTime()).toBe(NOW.getTime() + 300_000)
})
