/** `secrets rotation status`: what the last try of each rotation met, and what helps. */
import { chmodSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ourHolder } from '../../src/gateway/live/holder.ts'
import { openJournal } from '../../src/rotation/journal.ts'
import { takeHold } from '../../src/rotation/lock.ts'
import { writeJournal } from '../rotation/written.ts'
import { rotating, REF, type Rotating } from './rotating.ts'
import { makeWorld, run, start, until, type Ended } from './support.ts'

const FORCED = ['secrets', 'rotate', '--ref', REF, '--force'] as const

/** One try, and no pause is waited for. */
async function tries({ world }: Rotating): Promise<Ended> {
  const running = start(world, [...FORCED, '--config', world.config], { timeoutMs: 60_000 })
  await until('a try has failed', () => /tried 1 of/.test(running.soFar().err) || undefined)
  running.child.kill('SIGINT')
  return running.ended
}

test('a program’s exit code, that it waits, and that others may write it: none of them is the service’s', async () => {
  const one = await rotating('chosen')
  const { world } = one
  const program = `${world.dir}/bin/issuer`
  const status = async (): Promise<string> =>
    (await one.secretref(['secrets', 'rotation', 'status'])).out
  const called = `the program that rotates "${REF}", ${program},`

  writeFileSync(program, '#!/bin/sh\nexit 7\n')
  await tries(one)
  const failed = await status()
  expect(failed).toContain(`${called} ended with exit code 7 at step "try" of the old value; `)
  expect(failed).toMatch(/; tried once; not before \d{4}-\d{2}-\d{2}T[\d:]+Z\n/)
  const described = await one.secretref(['secrets', 'describe', REF])
  expect(described.out).toContain(`; ${called} ended with exit code 7 at step "try"`)
  const json = await one.secretref(['secrets', 'rotation', 'status', '--json'])
  expect(JSON.parse(json.out)).toMatchObject({
    rotations: [
      {
        step: 'intent',
        answer: {
          did: 'stage',
          result: 'unknown',
          code: 'PROVIDER_INVALID',
          reason: 'exit-code',
          program: { step: 'try', exit: 7 },
          message: `${called} ended with exit code 7 at step "try" of the old value`,
        },
      },
    ],
  })

  writeFileSync(program, `#!/bin/sh\necho '{"error":"waiting"}'\n`)
  await one.secretref(FORCED)
  expect(await status()).toContain(`${called} waits for somebody before step "try"`)

  chmodSync(program, 0o722)
  await one.secretref(FORCED)
  const writable = await status()
  expect(writable).toContain(`other users can change ${program}; run: chmod go-w ${program}`)
  expect(writable).not.toContain('the service')
}, 60_000)

test('while another process is at it, resume and abandon say which, and what to do', async () => {
  const world = makeWorld({
    config: {
      secrets: { providers: { store: {} } },
      openclaw: {
        gateway: {
          secrets: { refMap: { key: { provider: 'store', rotate: { driver: 'generate' } } } },
        },
      },
    },
  })
  const key = { config: world.config, environment: 'default', ref: 'key' }
  const began = new Date('2026-11-24T12:00:00Z')
  writeJournal(world.home, [{ ...key, from: '1', steps: ['stuck'], began }])
  const db = openJournal(world.home)
  takeHold(db, key, ourHolder(world.home), () => false)
  db.close()
  for (const word of ['resume', 'abandon']) {
    const { code, err } = await run(world, [
      'secrets',
      'rotation',
      word,
      'key',
      '--config',
      world.config,
    ])
    expect(code).toBe(1)
    expect(err).toBe(
      `secretref: process ${process.pid} is rotating key [AGENT_BUSY]\n` +
        `hint: wait until process ${process.pid} has ended it, or stop that process, then run this again; secretref secrets rotation status shows how far key is\n`,
    )
  }
})
