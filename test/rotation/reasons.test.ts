/** Each reason why a rotation stopped: what is said of it helps, wherever it is said. */
import { expect, test } from 'vitest'
import { nextInWords } from '../../src/cli/rotation-words.ts'
import { judgeStuck } from '../../src/findings/judge/rotation.ts'
import { wordsOf } from '../../src/gateway/rotate/tell.ts'
import {
  actionOf,
  isOver,
  MOST_AFTER,
  MOST_FAILURES,
  next,
  resume,
} from '../../src/rotation/machine.ts'
import { helpOf, REASON_WORDS, stoppedBy } from '../../src/rotation/reasons.ts'
import { ROTATION_REASONS, type Rotation, type RotationReason } from '../../src/rotation/types.ts'
import { factsOf } from '../findings/judge/facts.ts'

const NOW = new Date('2026-11-25T00:00:00Z')
const REF = 'api-key'
const STUCK = {
  id: 'r1',
  class: 'issued',
  step: 'stuck',
  attempts: 0,
  failures: 0,
  open: false,
  orphanPossible: false,
} as const satisfies Rotation

/** Each reason, after the new value became current and before. */
const ALL = ROTATION_REASONS.flatMap((reason) =>
  [0, MOST_FAILURES].map((failures) => [reason, failures] as const),
)

/** Everything goes well; but what is in use cannot be ended. */
function play(begun: Rotation, oldIsBack: boolean): Rotation {
  let rotation = begun
  for (let i = 0; i < 50 && !isOver(rotation); i += 1) {
    const action = actionOf(rotation)
    if (action === undefined) throw new Error('nothing to do, and not over')
    const result = action === 'retire' && oldIsBack ? 'conflict' : 'ok'
    rotation = next(rotation, action, result, NOW)
  }
  return rotation
}

function done(help: string, stuck: Rotation): Rotation {
  if (help.includes(`rotation abandon ${REF}`)) return { ...stuck, step: 'abandoned' }
  if (help.includes(`rotation resume ${REF}`)) return resume(stuck)
  expect(help).toContain(`secrets rotate --ref ${REF}`)
  // Of what a person decided nothing is stuck: it is on its way.
  return { ...stuck, step: 'aborting' }
}

test.each(ALL)('%s, after %i failures: what is said of it ends it', (reason, failures) => {
  const stuck: Rotation = { ...STUCK, reason, failures }
  const oldIsBack = reason === 'current-changed' && failures < MOST_FAILURES
  const end = play(done(helpOf({ ref: REF, reason, failures }), stuck), oldIsBack)
  expect(isOver(end) && end.step !== 'stuck').toBe(true)
})

test('where the old value was put back, going on would only be stuck again', () => {
  const again = play(resume({ ...STUCK, reason: 'current-changed' }), true)
  expect(again).toMatchObject({ step: 'stuck', reason: 'current-changed' })
})

const at = (step: Rotation['step'], more: Partial<Rotation> = {}): Rotation => ({
  ...STUCK,
  step,
  ...more,
})

test('the machine leads nowhere else: each reason of a rotation that it leaves to a person', () => {
  const left = new Map<RotationReason | undefined, Rotation['step']>()
  const see = ({ reason, step }: Rotation): void => void left.set(reason, step)
  see(next(at('distributed'), 'retire', 'conflict', NOW))
  see(next(at('aborting'), 'discard', 'unlisted', NOW))
  see(next(at('aborting', { attempts: MOST_AFTER - 1 }), 'discard', 'unavailable', NOW))
  see(next(at('retired', { attempts: MOST_AFTER - 1 }), 'confirm', 'not-yet', NOW))
  see(next(at('failed', { failures: 2, reason: 'refused' }), 'settle', 'ok', NOW))
  expect([...left.values()]).toEqual(Array(5).fill('stuck'))
  const decided = ROTATION_REASONS.filter((reason) => !left.has(reason))
  expect(decided).toEqual(['abandoned', 'rolled-back'])
})

test.each(ALL)('%s, after %i failures: the same words everywhere', (given, failures) => {
  // What a person has wanted undone is stuck by why it could not be.
  const reason = stoppedBy({ ...STUCK, reason: given }) ?? given
  const about = { ref: REF, reason, failures }
  const help = helpOf(about)
  const journalled = {
    ...STUCK,
    ...about,
    reason: given,
    environment: 'production',
    config: '/c',
    driver: 'exec',
    place: '',
    from: '1',
    beganAt: NOW,
    updatedAt: NOW,
  }
  expect(nextInWords(journalled)).toBe(`${REASON_WORDS[reason]}; ${help}`)
  expect(wordsOf(about, 'stuck', undefined)?.hint).toBe(help)
  const rotations = [{ ...about, environment: 'production', step: 'stuck' as const, since: NOW }]
  const [finding] = judgeStuck(factsOf({ rotations }))
  expect(finding?.hint).toBe(help)
  expect(finding?.message).toContain(REASON_WORDS[reason])
})

test('a program that waits is told as that, and not as a value that somebody has to bring', () => {
  const why = { message: 'the program waits for somebody', hint: 'do what it waits for' }
  const about = { ref: REF, failures: 0 }
  expect(wordsOf(about, 'bring', why, true)).toMatchObject({
    event: 'rotation.guided',
    text: `${REF} is to be replaced: the program waits for somebody`,
    hint: 'do what it waits for',
  })
  expect(wordsOf(about, 'bring', why)?.hint).toContain('make it at the service')
})

test('of one that a person wanted undone, the words say for what that stopped', () => {
  const given = { ...STUCK, reason: 'abandoned' } as const
  expect(stoppedBy({ ...given, orphanPossible: true })).toBe('orphan-possible')
  expect(stoppedBy({ ...given, orphanPossible: false })).toBe('not-undone')
  // Before that it is only given up.
  expect(stoppedBy({ ...given, step: 'aborting' })).toBe('abandoned')
})
