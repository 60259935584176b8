/** What a person decides of a rotation under way: told as the command that they gave, and before it is so. */
import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { openRotationsOf } from '../../src/rotation/journalled.ts'
import { writeJournal } from '../rotation/written.ts'
import { rotating, REF, type Rotating } from './rotating.ts'
import { makeWorld, recordsOf, run } from './support.ts'

const FORCED = ['secrets', 'rotate', '--ref', REF, '--force'] as const

function decided({ world }: Rotating): string[] {
  return recordsOf(world).flatMap(({ event, detail }) => {
    const { before, step } = detail ?? {}
    return before === undefined ? [] : [`${event}: ${String(before)}, ${String(step)}`]
  })
}

test('a rollback, and one that is resumed to be undone: neither is told as given up', async () => {
  const one = await rotating('issued', { grace: '30d' })
  await one.secretref(FORCED)
  await one.secretref(['secrets', 'rollback', REF])
  expect(decided(one)).toEqual(['rotation.rolled-back: distributed, aborting'])
  expect(recordsOf(one.world).at(-1)).toMatchObject({
    event: 'rotation.rolled-back',
    reason: 'rolled-back',
    detail: { action: 'settle', step: 'abandoned' },
  })

  await one.secretref(FORCED)
  const db = openJournal(one.world.home)
  db.exec(`UPDATE rotations SET step = 'stuck', reason = 'not-undone' WHERE step = 'distributed'`)
  db.close()
  await one.secretref(['secrets', 'rotation', 'resume', REF])
  expect(decided(one).slice(1)).toEqual(['rotation.resumed: stuck, aborting'])
  expect(recordsOf(one.world).map(({ event }) => event)).not.toContain('rotation.abandoned')
}, 60_000)

test('where it cannot be told, nothing is changed', async () => {
  const rotate = { driver: 'generate' }
  const world = makeWorld({
    config: {
      secrets: { providers: { store: {} } },
      openclaw: {
        gateway: { secrets: { refMap: { key: { provider: 'store', rotate } } } },
      },
    },
  })
  const { home } = world
  const key = { config: world.config, environment: 'default', ref: 'key' }
  const began = new Date('2026-11-24T12:00:00Z')
  writeJournal(home, [{ ...key, from: '1', steps: ['intent', 'stuck'], began }])
  mkdirSync(home.auditLog)
  const words = ['secrets', 'rotation', 'abandon', 'key', '--config', world.config]
  const { code, err } = await run(world, words)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('[AUDIT_UNAVAILABLE]') })
  const db = openJournal(home)
  expect(openRotationsOf(db, world.config)).toMatchObject([{ ref: 'key', step: 'stuck' }])
  db.close()
})
