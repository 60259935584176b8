/** An old value is not ended under a run: each run counts, from before it asks, and in other containers too. */
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { isRoot, skipLoudly } from '../values/loud.ts'
import { FIRST, inStaging, REF, rotating, type Rotating } from './rotating.ts'
import { eventsOf, run, start, until, type Ended, type Running } from './support.ts'

const AGENT = ['/bin/sh', '-c', 'echo "has $API_KEY"; exec sleep 60']
const ROTATE = ['secrets', 'rotate', '--ref', REF, '--force'] as const

const lived = ({ issuer }: Rotating): string[] => issuer.live.map(({ value }) => value)

function runs(
  { world }: Rotating,
  through: readonly string[] = [],
  of: readonly string[] = ['--config', world.config],
): Running {
  const words = ['run', ...of, '--agent', 'a', '--', ...AGENT]
  return start(world, words, { through, timeoutMs: 60_000 })
}

/** The new value is current, and a minute has passed: all that is left to wait for is who holds the old one. */
async function promote({ world }: Rotating): Promise<void> {
  const promotions = (): number =>
    eventsOf(world).filter((event) => event === 'rotation.promoted').length
  const before = promotions()
  const words = [...ROTATE, '--config', world.config]
  const command = start(world, words, { timeoutMs: 60_000 })
  await until('promoted', () => promotions() > before, 30_000)
  command.child.kill('SIGTERM')
  await command.ended
  const db = new DatabaseSync(world.home.rotations)
  // On both clocks, the one on the wall and the system's.
  db.exec(`UPDATE marks SET up = up - 60000,
    at = strftime('%Y-%m-%dT%H:%M:%fZ', at, '-60 seconds')`)
  db.close()
  const { live } = world.home
  for (const name of readdirSync(live).filter((one) => one.includes('.'))) {
    const holds = JSON.parse(readFileSync(join(live, name), 'utf8').slice(17))
    for (const { open } of holds.variables) {
      if (open === undefined) continue
      open.up -= 60_000
      open.at = new Date(Date.parse(open.at) - 60_000).toISOString()
    }
    const text = JSON.stringify(holds)
    writeFileSync(join(live, name), `${hash('sha256', text, 'hex').slice(0, 16)} ${text}`)
  }
}

async function ends(agent: Running): Promise<void> {
  agent.child.kill('SIGTERM')
  await agent.ended
}

test('a start that asks a slow provider keeps what it was given before, however long it takes', async () => {
  const one = await rotating('issued')
  const { world } = one
  const gate = join(world.dir, 'answered')
  const program = world.write(
    'bin/slow',
    `#!/bin/sh\ntouch '${world.dir}/asked'\nwhile [ ! -e '${gate}' ]; do sleep 0.1; done\necho fake-slow\n`,
    0o700,
  )
  const config = JSON.parse(readFileSync(world.config, 'utf8'))
  config.secrets.providers.slow = { type: 'exec', command: program, timeoutMs: 60_000 }
  config.openclaw.gateway.secrets.refMap['slow-key'] = { provider: 'slow' }
  config.agents.a['tool-bindings'].s = { credentials: { c: { secretRef: 'slow-key' } } }
  world.writeConfig(config)

  const agent = runs(one)
  await until('asked', () => existsSync(join(world.dir, 'asked')), 20_000)
  await promote(one)
  const { out } = await one.secretref(ROTATE)
  expect(out).toContain('lives on for a, until')
  expect(lived(one)).toContain(FIRST)
  world.write('answered', '')
  await agent.says(new RegExp(`has ${FIRST}`))
  await ends(agent)
  expect((await one.secretref(ROTATE)).out).toContain('the old one is ended')
  expect(lived(one)).toHaveLength(1)
}, 90_000)

test('of two runs of one agent, the one with the old value counts as well', async () => {
  const one = await rotating('issued')
  const first = runs(one)
  await first.says(/has/)
  await promote(one)
  const second = runs(one)
  await second.says(/has/)
  expect(second.soFar().out).not.toContain(FIRST)
  expect((await one.secretref(ROTATE)).out).toContain('lives on for a, until')
  expect(lived(one)).toContain(FIRST)
  await ends(first)
  expect((await one.secretref(ROTATE)).out).toContain('the old one is ended')
  await ends(second)
}, 90_000)

test.each([
  [
    'environment that inherits the ref',
    'a (staging)',
    ({ world }: Rotating) => ['--config', world.config, '--environment', 'staging'],
  ],
  [
    'config that names the same place',
    'a (another config)',
    ({ world }: Rotating) => [
      '--config',
      world.write('other.json', readFileSync(world.config), 0o600),
    ],
  ],
])(
  'a run of another %s counts as well',
  async (_, name, of) => {
    const one = await rotating('issued')
    inStaging(one)
    const agent = runs(one, [], of(one))
    await agent.says(new RegExp(`has ${FIRST}`))
    await promote(one)
    expect((await one.secretref(ROTATE)).out).toContain(`lives on for ${name}, until`)
    const both = lived(one)
    expect(both).toContain(FIRST)
    // Nor does another rotation begin there meanwhile, by whatever name.
    const there = async (words: readonly string[]): Promise<Ended> =>
      run(one.world, [...words, ...of(one)], { timeoutMs: 60_000 })
    const refused = await there(ROTATE)
    expect(refused.code).toBe(1)
    expect(refused.out).toMatch(/lies where api-key in environment default.* \(distributed\)/)
    expect(refused.out).toContain('secrets rotate --ref api-key --environment default')
    for (const words of [['rollback'], ['rm', '--yes']]) {
      const { code, err } = await there(['secrets', ...words, REF])
      expect(code).toBe(1)
      expect(err).toMatch(
        /a rotation of api-key in environment default.* is under way: distributed/,
      )
      expect(err).toContain('secrets rotation abandon api-key --environment default')
    }
    expect(lived(one)).toEqual(both)
    await ends(agent)
    expect((await one.secretref(ROTATE)).out).toContain('the old one is ended')
    expect(lived(one)).toHaveLength(1)
    // What one has ended is dead, whoever asks.
    expect((await there(['secrets', 'history', REF])).out).toMatch(
      /1 +previous, ended at its service/,
    )
    expect((await there(['secrets', 'rollback', REF])).err).toContain('was ended at its service')
  },
  90_000,
)

test('a run in another container counts while it shows that it lives', async (context) => {
  const through = ['unshare', isRoot ? '-pf' : '-Urpf', '--mount-proc', '--kill-child'] as const
  const [program, ...args] = [...through, 'true'] as const
  if (spawnSync(program, args).status !== 0) {
    skipLoudly(context, 'a container of its own', 'unshare is not allowed here')
  }
  const one = await rotating('issued')
  const agent = runs(one, through)
  await agent.says(/has/)
  await promote(one)
  expect((await one.secretref(ROTATE)).out).toContain('lives on for a, until')
  expect(lived(one)).toContain(FIRST)
  agent.child.kill('SIGKILL')
  await agent.ended
}, 90_000)
