/** A rotation whose ref leaves the config half way is told, shown, and can be given up. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FIRST, REF, rotating, type Rotating } from './rotating.ts'
import {
  descendantsOf,
  eventsOf,
  isAlive,
  recordsOf,
  run,
  start,
  until,
  type Ended,
} from './support.ts'

type Config = {
  agents: Record<string, { 'tool-bindings': object }>
  openclaw: { gateway: { secrets: { refMap: Record<string, object> } } }
}

/** Someone holds the old value for a month, and removes the ref meanwhile. */
async function cutOff(): Promise<{ one: Rotating; putBack: () => void }> {
  const one = await rotating('issued', { grace: '30d' })
  const { world } = one
  const { code } = await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
  expect(code).toBe(0)
  const text = readFileSync(world.config, 'utf8')
  const config: Config = JSON.parse(text)
  config.openclaw.gateway.secrets.refMap = {}
  for (const agent of Object.values(config.agents)) agent['tool-bindings'] = {}
  world.writeConfig(config)
  return { one, putBack: () => void world.write('config.json', text) }
}

const alerts = ({ world }: Rotating): unknown[] =>
  recordsOf(world)
    .filter(({ event, ref }) => event === 'alert.raised' && ref === REF)
    .map(({ reason }) => reason)

const monitor = ({ world }: Rotating): Promise<Ended> =>
  run(world, ['monitor', '--config', world.config])

test('monitor and the audit show it at each look, with what to do', async () => {
  const { one, putBack } = await cutOff()
  const seen = await monitor(one)
  const found = await one.secretref(['gateway', 'audit', '--secrets', '--check', '--json'])
  expect(seen.code).toBe(1)
  expect(seen.out).toContain(
    `${REF}: its rotation is stuck: the config does not have it any more as something that can be rotated\n`,
  )
  expect(seen.out).toContain(`secretref secrets rotation abandon ${REF}`)
  expect(alerts(one)).toEqual(['rotation.stuck'])
  expect(found.code).toBe(1)
  const { findings }: { findings: unknown[] } = JSON.parse(found.out)
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'rotation-stuck',
      message: expect.stringContaining('the config does not have it any more'),
      hint: expect.stringContaining(`secretref secrets rotation abandon ${REF}`),
    }),
  )
  putBack()
  const again = await monitor(one)
  expect(again.out).not.toContain('stuck')
}, 60_000)

test('the gateway tells it once, and whoever comes next does not alert again', async () => {
  const { one } = await cutOff()
  const { world } = one
  const other = { command: ['/bin/sleep', '60'], restart: 'always', 'tool-bindings': {} }
  const config: Config = JSON.parse(readFileSync(world.config, 'utf8'))
  world.writeConfig({ ...config, agents: { ...config.agents, other } })
  const gateway = start(world, ['gateway', 'run', '--config', world.config, '--agent', 'other'])
  await until('said', () => gateway.soFar().err.includes(`the rotation of ${REF} cannot go on`))
  gateway.child.kill('SIGTERM')
  await gateway.ended
  const { code, out } = await one.secretref(['secrets', 'rotate'])
  expect(code).toBe(1)
  expect(out).toContain(`${REF}: under way (distributed), and the config does not have it any more`)
  expect(alerts(one)).toEqual(['rotation.stuck'])
}, 60_000)

test('status shows it and what to do, resume and rollback need the ref, and abandon ends it', async () => {
  const { one, putBack } = await cutOff()
  const status = await one.secretref(['secrets', 'rotation', 'status'])
  expect(status.code).toBe(1)
  expect(status.out).toContain('the config does not have it any more')
  expect(status.out).toContain(`secretref secrets rotation abandon ${REF}`)
  const back = await one.secretref(['secrets', 'rotation', 'resume', REF])
  expect(back).toMatchObject({ code: 1, err: expect.stringContaining('[REF_UNKNOWN]') })
  putBack()
  expect((await one.secretref(['secrets', 'rotation', 'status'])).code).toBe(0)
  const { world } = one
  const config = readFileSync(world.config, 'utf8')
  // By another driver it can be gone on with as little.
  world.write(
    'config.json',
    config.replace(/"rotate": \{[^}]*\}/, '"rotate": { "driver": "generate" }'),
  )
  const failed = await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
  expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('[CONFIG_INVALID]') })
  const gaveUp = await one.secretref(['secrets', 'rotation', 'abandon', REF])
  expect(gaveUp).toMatchObject({ code: 1, err: expect.stringContaining('is yours to end') })
  expect(eventsOf(world)).toContain('rotation.abandoned')
  expect((await one.secretref(['secrets', 'rotation', 'status'])).err).toContain('no rotation')
  expect(one.issuer.live.map(({ value }) => value)).toContain(FIRST)
}, 60_000)

test('what its service may take alone is not given up but with --leave', async () => {
  const one = await rotating('chosen')
  const { world } = one
  one.issuer = { ...one.issuer, slow: ['set'] }
  const forced = ['secrets', 'rotate', '--ref', REF, '--force']
  const first = start(world, [...forced, '--config', world.config])
  await until('it was set', () => one.issuer.asked['set'] === 1)
  const all = [first.pid, ...descendantsOf(first.pid).map(({ pid }) => pid)]
  for (const pid of all) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  await first.ended
  const text = readFileSync(world.config, 'utf8')
  const rule = '"rotate": { "driver": "generate" }'
  world.write('config.json', text.replace(/"rotate": \{[^}]*\}/, rule))
  const abandon = ['secrets', 'rotation', 'abandon', REF]
  const refused = await one.secretref(abandon)
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('with --leave') })
  expect((await one.secretref(['secrets', 'rotation', 'status'])).code).toBe(1)
  // The way that is named loses nothing.
  world.write('config.json', text)
  expect((await one.secretref(['secrets', 'rotate'])).code).toBe(0)
  expect(one.issuer.live.map(({ value }) => value)).not.toContain(FIRST)
  expect(eventsOf(world)).toContain('rotation.done')
}, 60_000)
