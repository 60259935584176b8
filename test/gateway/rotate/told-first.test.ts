import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { drive } from '../../../src/gateway/rotate/engine.ts'
import { beginRotation, openJournal } from '../../../src/rotation/journal.ts'
import { rotationOf } from '../../../src/rotation/journalled.ts'
import { takeHold } from '../../../src/rotation/lock.ts'
import { tempHome } from '../../state/folder.ts'

const now = (): Date => new Date('2026-11-25T00:00:00Z')

test('what became of a step is on record before it is durable: killed in between, it is told twice and never untold', async () => {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700, recursive: true })
  const db = openJournal(home)
  const key = { config: '/c', environment: 'default', ref: 'key' }
  const hold = takeHold(db, key, { pid: process.pid, started: '1' }, () => false)
  if ('heldBy' in hold) throw new Error('held')
  const what = { class: 'chosen', driver: 'generate', place: '', from: '1' } as const
  const begun = beginRotation(db, hold, what, now())
  const durable: [told: string, written: string | undefined][] = []
  const rotation = await drive(
    {
      db,
      hold,
      now,
      outside: async (did) => ({ did, result: 'ok' }),
      distribute: async () => 'ok',
      mustWait: () => false,
      record: async ({ step }, { result }) => {
        if (result !== undefined) durable.push([step, rotationOf(db, begun.id)?.step])
      },
      signal: new AbortController().signal,
    },
    begun,
  )
  db.close()
  expect(rotation.step).toBe('done')
  for (const [told, written] of durable) expect(written).not.toBe(told)
  expect(durable.map(([told]) => told)).toContain('promoted')
})
