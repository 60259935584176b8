/** A disk on which nothing is free, for which SQLite says that it met an I/O error: it is told as what it is. */
import { expect, test, type TestContext } from 'vitest'
import { writeJournal } from '../rotation/written.ts'
import { namespace } from './namespace.ts'
import { makeWorld, run, type Ended, type World } from './support.ts'

/** A copy of the state folder, on a disk that is then filled. */
const FILL = `cp -a "$SECRETREF_HOME" "$SECRETREF_HOME.kept" &&
  mount -t tmpfs -o size=3m,mode=0700 none "$SECRETREF_HOME" &&
  cp -a "$SECRETREF_HOME.kept/." "$SECRETREF_HOME/" &&
  { dd if=/dev/zero of="$SECRETREF_HOME/filler" bs=4096 2>/dev/null || exec "$0" "$@"; }`

function worldOf(): World {
  const world = makeWorld({
    secrets: { key: ['fake', 'key'].join('-') },
    config: {
      secrets: { providers: { file: {} } },
      agents: { a: { 'tool-bindings': { t: { credentials: { c: { secretRef: 'key' } } } } } },
      openclaw: {
        gateway: {
          secrets: { refMap: { key: { provider: 'file', rotate: { driver: 'generate' } } } },
        },
      },
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

function onFullDisk(context: TestContext, world: World, words: readonly string[]): Promise<Ended> {
  const through = [...namespace(context, 'a state folder on a full disk'), '/bin/sh', '-c', FILL]
  return run(world, words, { through })
}

test.for<[words: string[], what: string]>([
  [['run', '--agent', 'a', '--', '/bin/true'], 'the audit log cannot be used'],
  [['secrets', 'rotate', '--ref', 'key', '--force'], 'rotations.db could not be read or written'],
])('%j says that it is full', async ([words, what], context) => {
  const world = worldOf()
  const [group = '', ...rest] = words
  // A run's own options come before the program.
  const config = ['--config', world.config]
  const line = group === 'run' ? [group, ...config, ...rest] : [...words, ...config]
  const { code, err } = await onFullDisk(context, world, line)
  expect(code).not.toBe(0)
  expect(err).toContain(`${what}: the disk is full`)
  expect(err).toContain('hint: free some space on the disk that holds it')
})

test('rotations are shown all the same: who only looks needs no space', async (context) => {
  const world = worldOf()
  const words = ['secrets', 'rotation', 'status', '--config', world.config]
  const { code, out, err } = await onFullDisk(context, world, words)
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).toMatch(/^key +default +exec +stuck /m)
})
