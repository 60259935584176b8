/** The last answer of a rotation: written with the step that it led to, and gone with the next one that goes well. */
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, type Answer } from '../../src/rotation/answers.ts'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import { takeHold } from '../../src/rotation/lock.ts'
import type { Step } from '../../src/rotation/types.ts'
import { tempHome } from '../state/folder.ts'

const NOW = new Date('2026-11-20T00:00:00Z')
const FAILED: Answer = {
  did: 'verify',
  result: 'unavailable',
  code: 'PROVIDER_UNAVAILABLE',
  reason: 'killed',
  service: true,
  whose: 'new',
  program: { step: 'try', exit: 7, signal: 'SIGKILL', timeoutMs: 30_000 },
}

function journal(): {
  write: (step: Step, told?: Partial<Answer>) => void
  kept: () => Answer | undefined
  sql: (text: string) => void
} {
  const db = openJournal(tempHome())
  onTestFinished(() => db.close())
  const key = { config: '/c', environment: 'production', ref: 'key' }
  const hold = takeHold(db, key, { pid: process.pid, started: undefined }, () => false)
  if ('heldBy' in hold) throw new Error('nobody holds it')
  const what = { class: 'issued', driver: 'exec', place: '', from: '1' } as const
  const begun = beginRotation(db, hold, what, NOW)
  return {
    write: (step, told) => writeRotation(db, hold, { ...begun, step }, NOW, told),
    kept: () => answerOf(db, begun.id),
    sql: (text) => db.exec(text),
  }
}

test('each of its fields is kept, and no other one', () => {
  const { write, kept } = journal()
  expect(kept()).toBeUndefined()
  const did = { ...FAILED, fingerprint: 'hmac:0', spent: 3 }
  write('staged', did)
  expect(kept()).toEqual(FAILED)
  write('staged', { did: 'verify', result: 'waiting' })
  expect(kept()).toEqual({ did: 'verify', result: 'waiting' })
})

test('what is written before the outside is touched leaves it; a step that goes well ends it', () => {
  const { write, kept } = journal()
  write('creating', { ...FAILED, did: 'create' })
  write('creating')
  expect(kept()?.did).toBe('create')
  write('creating', { did: 'reconcile', result: 'ok' })
  expect(kept()?.did).toBe('create')
  write('staged', { did: 'create', result: 'ok' })
  expect(kept()).toBeUndefined()
})

test('that it was undone does not end it: it is why', () => {
  const { write, kept } = journal()
  write('aborting', FAILED)
  write('failed', { did: 'discard', result: 'ok' })
  write('planned', { result: 'ok' })
  expect(kept()).toEqual(FAILED)
  write('intent', { result: 'ok' })
  expect(kept()).toBeUndefined()
})

test('what has no form of ours is not told', () => {
  const { write, kept, sql } = journal()
  write('staged', FAILED)
  sql("UPDATE answers SET reason = 'some text', signal = 'x', code = 'NO', whose = 'b'")
  expect(kept()).toEqual({
    did: 'verify',
    result: 'unavailable',
    service: true,
    program: { step: 'try', exit: 7, timeoutMs: 30_000 },
  })
  sql("UPDATE answers SET result = 'odd'")
  expect(kept()).toBeUndefined()
})
