/** `--revoke-now` holds for whoever goes on with the rotation, not for the command that was given it alone. */
import { expect, test } from 'vitest'
import { FIRST, REF, rotating, type Rotating } from './rotating.ts'
import { descendantsOf, recordsOf, start, until, type Running } from './support.ts'

const ROTATE = ['secrets', 'rotate', '--ref', REF] as const

function begin({ world }: Rotating, flag: string): Running {
  return start(world, [...ROTATE, flag, '--config', world.config], { timeoutMs: 60_000 })
}

function isAt({ world }: Rotating, action: string): boolean {
  return recordsOf(world).some(
    ({ event, detail }) => event === 'rotation.intent' && detail?.['action'] === action,
  )
}

/** With its rotator, and the program that is at it. */
async function killAll({ child, ended }: Running): Promise<void> {
  const { pid = 0 } = child
  for (const each of [...descendantsOf(pid).map((one) => one.pid), pid]) {
    process.kill(each, 'SIGKILL')
  }
  await ended
}

function lives({ issuer }: Rotating): boolean {
  return issuer.live.some(({ value }) => value === FIRST)
}

test('killed while the old one is ended, and gone on with by a plain run: it is ended, whatever its grace', async () => {
  const one = await rotating('issued', { grace: '1h' })
  one.issuer = { ...one.issuer, busy: { end: 60_000 } }
  const running = begin(one, '--revoke-now')
  await until('it is being ended', () => isAt(one, 'retire') || undefined, 30_000)
  await killAll(running)
  one.issuer = { ...one.issuer, busy: {} }
  expect(lives(one)).toBe(true)

  const status = await one.secretref(['secrets', 'rotation', 'status'])
  expect(status.out).toMatch(/ distributed .* the old one ends at once; /)
  const json = await one.secretref(['secrets', 'rotation', 'status', '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ rotations: [{ ref: REF, revokeNow: true }] })
  const [asked, more] = recordsOf(one.world).filter(({ event }) => event === 'rotation.revoke-now')
  expect(more).toBeUndefined()
  expect(asked).toMatchObject({ ref: REF, actor: { type: 'user' }, secret: { version: '1' } })

  const { code, out } = await one.secretref(['secrets', 'rotate'])
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('is ended') })
  expect(lives(one)).toBe(false)
}, 60_000)

test('asked for while another process is at it, and killed while it waits: that one ends it', async () => {
  const one = await rotating('issued', { grace: '1h' })
  one.issuer = { ...one.issuer, busy: { create: 3000 } }
  const first = begin(one, '--force')
  await until('it is under way', () => isAt(one, 'create') || undefined, 30_000)
  const second = begin(one, '--revoke-now')
  await until('it waits', () => second.soFar().err.includes('waiting for it') || undefined)
  second.child.kill('SIGKILL')
  const { code, out } = await first.ended
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('is ended') })
  expect(lives(one)).toBe(false)
}, 60_000)

test('what does not end at once, though it is to, is not said to be well', async () => {
  const one = await rotating('issued', { grace: '1h' })
  one.issuer = { ...one.issuer, busy: { end: 3000 } }
  const running = begin(one, '--revoke-now')
  await until('it is being ended', () => isAt(one, 'retire') || undefined, 30_000)
  await killAll(running)
  one.world.write('bin/issuer', `#!/bin/sh\necho '{"error":"waiting"}'\n`, 0o700)
  const { code, out } = await one.secretref(['secrets', 'rotate'])
  expect(code).toBe(1)
  expect(out).toContain('which is to end at once, is not ended yet')
}, 60_000)
