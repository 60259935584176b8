/** A state folder that may only be read: who only looks is answered, and who has to write a record is refused. */
import { copyFileSync } from 'node:fs'
import { expect, test, type TestContext } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { writeJournal } from '../rotation/written.ts'
import { namespace } from './namespace.ts'
import { makeWorld, run, type Ended, type World } from './support.ts'

const REMOUNT = `mount --bind "$SECRETREF_HOME" "$SECRETREF_HOME" &&
  mount -o remount,ro,bind "$SECRETREF_HOME" && exec "$0" "$@"`

function worldOf(): World {
  const world = makeWorld({
    secrets: { key: 'fake-key' },
    config: {
      secrets: { providers: { file: {} } },
      agents: { a: { 'tool-bindings': { t: { credentials: { c: { secretRef: 'key' } } } } } },
    },
  })
  writeJournal(world.home, [
    {
      config: world.config,
      environment: 'default',
      ref: 'key',
      from: '1',
      steps: ['intent', 'stuck'],
      reason: 'orphan-possible',
      began: new Date('2026-11-24T12:00:00Z'),
    },
  ])
  return world
}

function reads(context: TestContext, world: World, ...words: string[]): Promise<Ended> {
  const through = [...namespace(context, 'a read-only state folder'), '/bin/sh', '-c', REMOUNT]
  return run(world, [...words, '--config', world.config], { through })
}

test('rotations are shown', async (context) => {
  const world = worldOf()
  const status = await reads(context, world, 'secrets', 'rotation', 'status')
  expect(status).toMatchObject({ code: 1, err: '' })
  expect(status.out).toMatch(/^key +default +exec +stuck /m)
  const list = await reads(context, world, 'secrets', 'list')
  expect(list).toMatchObject({ code: 0, err: '' })
  expect(list.out).toMatch(/^key .*rotation: stuck$/m)
})

test('what a killed process left in the log beside the journal is not passed over', async (context) => {
  const world = worldOf()
  const { rotations } = world.home
  const db = openJournal(world.home)
  db.exec("UPDATE rotations SET step = 'retired'")
  // As it is while somebody has it open: the newest is in the log, and nowhere else.
  copyFileSync(`${rotations}-wal`, `${rotations}-kept`)
  copyFileSync(rotations, `${rotations}-old`)
  db.close()
  copyFileSync(`${rotations}-kept`, `${rotations}-wal`)
  copyFileSync(`${rotations}-old`, rotations)
  const { code, out, err } = await reads(context, world, 'secrets', 'rotation', 'status')
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain('rotations.db could not be read: it or its folder cannot be opened')
})

test('monitor fetches, and what is fetched must be on record: it refuses', async (context) => {
  const { code, err, out } = await reads(context, worldOf(), 'monitor')
  expect(code).not.toBe(0)
  expect(out).toBe('')
  expect(err).toBe(
    [
      'secretref: the audit log cannot be used: the file system is read-only [AUDIT_UNAVAILABLE]',
      'hint: make the folder writable for you, or set SECRETREF_HOME to one that is',
      '',
    ].join('\n'),
  )
})
