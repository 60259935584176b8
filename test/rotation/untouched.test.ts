/** What may be given up without undoing anything: the machine, asked before every action outside. */
import { expect, test } from 'vitest'
import { actionOf, next, sending } from '../../src/rotation/machine.ts'
import { CLASSES, type Action, type Rotation } from '../../src/rotation/types.ts'
import { isUntouched } from '../../src/rotation/untouched.ts'

const NOW = new Date('2026-11-25T00:00:00Z')
/** Those that leave something at the service, or may have. */
const LEAVES: ReadonlySet<Action> = new Set(['create', 'set'])

test.each(CLASSES)('%s: untouched only before anything may have been sent', (kind) => {
  let rotation: Rotation = {
    id: 'r1',
    class: kind,
    step: 'planned',
    attempts: 0,
    failures: 0,
    open: false,
    orphanPossible: false,
  }
  let sent = false
  const seen: boolean[] = []
  for (let i = 0; i < 12 && rotation.step !== 'done'; i += 1) {
    const action = actionOf(rotation)
    if (action === undefined) throw new Error('nothing to do')
    rotation = sending(rotation)
    sent ||= LEAVES.has(action)
    // As it is durable while it is asked, when anything may die.
    seen.push(isUntouched(rotation))
    if (sent) expect(isUntouched(rotation)).toBe(false)
    rotation = next(rotation, action, 'ok', NOW)
  }
  expect(rotation.step).toBe('done')
  expect(seen.slice(0, 2)).toEqual([true, true])
})

test('undone is untouched again; a creation whose answer was lost is not', () => {
  const base = {
    id: 'r1',
    class: 'issued',
    attempts: 0,
    failures: 0,
    orphanPossible: false,
  } as const
  const at = (step: Rotation['step'], open = false): Rotation => ({ ...base, step, open })
  expect(isUntouched(at('failed'))).toBe(true)
  // What was made may be kept already: the one who kept it was killed before anybody heard of it.
  const looked = next(at('creating', true), 'reconcile', 'ok', NOW)
  expect([looked.open, isUntouched(looked)]).toEqual([false, false])
  expect(isUntouched(next(at('creating', true), 'create', 'unknown', NOW))).toBe(false)
  const settled = { ...at('failed'), failures: 2, reason: 'refused' } as const
  const stuck = next(settled, 'settle', 'ok', NOW)
  expect([stuck.step, isUntouched(stuck)]).toEqual(['stuck', true])
  const notUndone = next({ ...at('aborting'), attempts: 11 }, 'discard', 'unknown', NOW)
  expect([notUndone.step, isUntouched(notUndone)]).toEqual(['stuck', false])
  expect(isUntouched({ ...at('intent'), orphanPossible: true })).toBe(false)
  for (const step of ['staged', 'set', 'verified', 'promoted', 'aborting'] as const) {
    expect(isUntouched(at(step))).toBe(false)
  }
})
