/** `secretref secrets rotate` and `rotation` as whole processes, against an issuer that can be looked into. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import { FIRST, REF, rotating, type Rotating } from './rotating.ts'
import {
  environment,
  eventsOf,
  isAlive,
  PRINT_ENVIRONMENT,
  descendantsOf,
  recordsOf,
  run,
  runAgent,
  start,
  type Running,
  until,
} from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const FORCED = ['secrets', 'rotate', '--ref', REF, '--force'] as const
const AT_ONCE = { grace: '1s' }

async function received({ world }: Rotating): Promise<string | undefined> {
  const { stdout } = await runAgent(world, PRINT_ENVIRONMENT)
  return environment(stdout).get('API_KEY')?.toString()
}

function warned(running: Running, pattern: RegExp): Promise<true> {
  return until(String(pattern), () => pattern.test(running.soFar().err) || undefined)
}

function ruleOf({ world }: Rotating): { command: string } {
  const config: {
    openclaw: { gateway: { secrets: { refMap: Record<string, { rotate: { command: string } }> } } }
  } = JSON.parse(readFileSync(world.config, 'utf8'))
  const { rotate } = config.openclaw.gateway.secrets.refMap[REF] ?? {}
  if (rotate === undefined) throw new Error('it has no rule')
  return rotate
}

function lived({ issuer }: Rotating): string[] {
  return issuer.live.map(({ value }) => value)
}

function around(action: string, became: string): string[] {
  return [`intent ${action}`, `${became} ${action}`]
}

describe('a rotation from plan to end', () => {
  test('the agent receives the new value, the old one is ended, each step is on record before it is taken, and no value shows', async () => {
    const one = await rotating('issued', AT_ONCE)
    const { code, out, err } = await one.secretref(FORCED)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`${REF}: rotated, version 2 (was 1); the old one is ended`)
    const value = await received(one)
    expect(value).not.toBe(FIRST)
    expect(lived(one)).toEqual([value])
    expect(eventsOf(one.world).filter((event) => /begun|promoted|done/.test(event))).toEqual([
      'rotation.begun',
      'rotation.promoted',
      'rotation.done',
    ])
    const files = readdirSync(one.world.home.dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:db|db-wal|log|age|json)$/.test(name))
      .map((name) => readFileSync(join(one.world.home.dir, name), 'latin1'))
    for (const text of [out, err, ...files]) {
      expect(text.includes(FIRST) || text.includes(value ?? FIRST)).toBe(false)
    }
    expect((await run(one.world, ['log', 'verify'])).code).toBe(0)
    // Each step is on record before it is taken.
    const steps = recordsOf(one.world)
      .filter(({ event }) => event.startsWith('rotation.'))
      .map(({ event, detail }) => `${event.slice(9)} ${String(detail?.['action'] ?? '')}`.trim())
    expect(steps).toEqual([
      'begun',
      ...around('create', 'step'),
      ...around('verify', 'step'),
      ...around('promote', 'promoted'),
      ...around('retire', 'step'),
      ...around('confirm', 'done'),
    ])
  })

  test('a run that holds the old one keeps it; when it has ended the next rotation run ends it', async () => {
    const one = await rotating('issued')
    const { world } = one
    const command = ['/bin/sh', '-c', 'echo ready; exec sleep 60']
    const words = ['run', '--config', world.config, '--agent', 'a', '--', ...command]
    const agent = start(world, words, { timeoutMs: 60_000 })
    await agent.says(/ready/)
    await until('on record', () => eventsOf(world).includes('run.started'))
    const { code, out } = await one.secretref(FORCED)
    expect(code).toBe(0)
    expect(out).toContain('lives on for a, until')
    expect(lived(one)).toContain(FIRST)
    expect(await received(one)).not.toBe(FIRST)
    agent.child.kill('SIGTERM')
    await agent.ended
    const next = await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
    expect(next.out).toContain('the old one is ended')
    expect(lived(one)).toHaveLength(1)
  }, 60_000)

  test('--revoke-now ends the old one whoever holds it', async () => {
    const one = await rotating('issued', { grace: '30d' })
    const { code, out } = await one.secretref([...FORCED.slice(0, -1), '--revoke-now'])
    expect(code).toBe(0)
    expect(out).toContain('the old one is ended')
    expect(lived(one)).not.toContain(FIRST)
  })
})

describe('after a leak', () => {
  test('--revoke-now ends the current value too, where an earlier rotation was still under way', async () => {
    const one = await rotating('issued', { grace: '30d' })
    await one.secretref(FORCED)
    const leaked = await received(one)
    const { code } = await one.secretref([...FORCED.slice(0, -1), '--revoke-now'])
    expect(code).toBe(0)
    expect(lived(one)).toEqual([await received(one)])
    expect(lived(one)).not.toContain(leaked)
  }, 60_000)
})

describe('what is due', () => {
  test('the plan says it of each, and changes nothing', async () => {
    const one = await rotating('issued', { every: '90d' })
    const { code, out } = await one.secretref(['secrets', 'rotate', '--dry-run'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /api-key +exec +.* not due before \d{4}-\d{2}-\d{2} \(made \d{4}-\d{2}-\d{2}; no end is known\)/,
    )
    expect(existsSync(one.world.home.rotations)).toBe(false)
    const days = await one.secretref(['secrets', 'rotate', '--days-remaining', '30'])
    expect(days).toMatchObject({
      code: 0,
      out: expect.stringContaining('not due (no end is known)'),
    })
    expect(one.issuer.asked).toEqual({})
    expect(eventsOf(one.world)).not.toContain('rotation.begun')
  })

  test('a ref that could not be read is no part of a plan: it is named, and the exit code is a provider’s', async () => {
    const one = await rotating('issued', { every: '90d' })
    renameSync(join(one.world.home.keys, 'store.key'), join(one.world.dir, 'away'))
    for (const more of [['--dry-run', '--force', '--ref', REF], []]) {
      const { code, out, err } = await one.secretref(['secrets', 'rotate', ...more])
      expect({ more, code }).toEqual({ more, code: 2 })
      expect(out).toMatch(/api-key +exec +- +- +cannot be read: .* \[\w+\]/)
      expect(err).toBe(
        'secretref: could not be read, so that nobody knows whether it is due: api-key\n',
      )
    }
    const { code, out } = await one.secretref(['secrets', 'rotate', '--dry-run', '--json'])
    expect({ code, refs: JSON.parse(out) }).toMatchObject({
      code: 2,
      refs: { refs: [{ ref: REF, todo: false, code: expect.any(String) }] },
    })
  })

  test('a ref that has no value yet: that is said, with how it gets one', async () => {
    const one = await rotating('chosen')
    expect((await one.secretref(['secrets', 'rm', REF, '--yes'])).code).toBe(0)
    const none = await one.secretref(FORCED)
    expect(none).toMatchObject({
      code: 2,
      out: expect.stringContaining('[SECRET_NOT_FOUND]'),
      err: `secretref: nothing is stored there yet, so there is nothing to replace: ${REF}\nhint: secretref secrets set ${REF}\n`,
    })
  })

  test('by its rule: a value that ends within `before` is due', async () => {
    const one = await rotating('chosen', { before: '7d' })
    const config: { openclaw: { gateway: { secrets: { refMap: Record<string, object> } } } } =
      JSON.parse(readFileSync(one.world.config, 'utf8'))
    const { refMap } = config.openclaw.gateway.secrets
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
    refMap[REF] = { ...refMap[REF], expiresAt: soon }
    one.world.writeConfig(config)
    const plan = await one.secretref(['secrets', 'rotate', '--dry-run', '--json'])
    const { refs }: { refs: unknown[] } = JSON.parse(plan.out)
    expect(refs).toMatchObject([{ ref: REF, due: 'due', todo: true, driver: 'exec' }])
  })

  test('a service that only the rule of a ref names is meant by its name', async () => {
    const one = await rotating('issued')
    const config = readFileSync(one.world.config, 'utf8')
    const guided = '"rotate": { "driver": "guided", "service": "sendgrid" }'
    one.world.write('config.json', config.replace(/"rotate": \{[^}]*\}/, guided))
    const words = ['secrets', 'rotate', '--provider', 'sendgrid', '--force', '--dry-run']
    const plan = await one.secretref(words)
    expect(plan).toMatchObject({ code: 0, out: expect.stringContaining(REF) })
  })

  test('a store is several services: --force alone changes nothing', async () => {
    const one = await rotating('issued', AT_ONCE)
    const force = ['secrets', 'rotate', '--provider', 'store', '--force']
    const { code, err } = await one.secretref(force)
    expect(code).toBe(1)
    expect(err).toMatch(/"store" is a store: this would replace 1 ref .*nothing was changed/)
    expect(err).toContain('--yes')
    expect(lived(one)).toEqual([FIRST])
    expect((await one.secretref([...force, '--yes'])).code).toBe(0)
    expect(lived(one)).not.toContain(FIRST)
  })

  test('what makes no sense is refused with what helps', async () => {
    const one = await rotating('issued')
    const refusals = [
      [['--provider', 'strpie'], /did you mean "stripe"/],
      [['--ref', 'api-kee'], /did you mean "api-key"/],
      [['--agent', 'nobody'], /agents: a/],
      // After a leak that must not look as if it were done.
      [['--provider', 'sendgrid', '--revoke-now'], /no ref is meant by that/],
      [['--force'], /add --provider, --ref or --agent/],
      [['--ref', REF, '--force', '--days-remaining', '3'], /exclude each other/],
    ] as const
    for (const [words, hint] of refusals) {
      const { code, err } = await one.secretref(['secrets', 'rotate', ...words])
      expect({ words, code, err }).toMatchObject({ code: 1, err: expect.stringMatching(hint) })
    }
    expect(one.issuer.asked).toEqual({})
  })

  test('an agent may not', async () => {
    const one = await rotating('issued')
    const { code, err } = await one.secretref(FORCED, { env: { SECRETREF_RUN: 'x' } })
    expect(code).not.toBe(0)
    expect(err).toMatch(/AGENT_NOT_ALLOWED|agent/)
    expect(lived(one)).toEqual([FIRST])
  })
})

describe('two at once', () => {
  test('the second one joins the first', async () => {
    const one = await rotating('issued', AT_ONCE)
    one.issuer = { ...one.issuer, settling: 1 }
    const both = await Promise.all([one.secretref(FORCED), one.secretref(FORCED)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(one.issuer.most).toBeLessThanOrEqual(one.issuer.cap)
    expect(lived(one)).toEqual([await received(one)])
  }, 60_000)
})

describe('killed in the middle', () => {
  test('the next run, without any gateway, ends it', async () => {
    const one = await rotating('issued', AT_ONCE)
    one.issuer = { ...one.issuer, slow: ['create'] }
    const first = start(one.world, [...FORCED, '--config', one.world.config])
    await until('a creation was sent', () => one.issuer.asked['create'] === 1)
    const all = [first.pid, ...descendantsOf(first.pid).map(({ pid }) => pid)]
    for (const pid of all) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await first.ended
    const status = await one.secretref(['secrets', 'rotation', 'status'])
    expect(status.out).toMatch(/api-key .*creating/)
    const { code } = await one.secretref(['secrets', 'rotate'])
    expect(code).toBe(0)
    expect(lived(one)).toEqual([await received(one)])
    expect(one.issuer.most).toBeLessThanOrEqual(one.issuer.cap)
    expect((await one.secretref(['secrets', 'rotation', 'status'])).err).toContain(
      'no rotation is under way',
    )
  }, 60_000)
})

describe('left to a person', () => {
  test('a refusal is undone and said; after three it is stuck, and resume tries again', async () => {
    const one = await rotating('chosen')
    one.issuer = { ...one.issuer, refuse: ['choose'] }
    const first = await one.secretref(FORCED)
    expect(first).toMatchObject({ code: 1, out: expect.stringContaining('not rotated') })
    await one.secretref(FORCED)
    expect((await one.secretref(FORCED)).out).toContain(`secrets rotation resume ${REF}`)
    const status = await one.secretref(['secrets', 'rotation', 'status'])
    expect(status).toMatchObject({ code: 1, out: expect.stringMatching(/api-key .*stuck/) })
    expect(await received(one)).toBe(FIRST)
    expect((await one.secretref(['secrets', 'list'])).out).toMatch(/^api-key .*rotation: stuck$/m)
    const audit = await one.secretref(['gateway', 'audit', '--secrets', '--verbose'])
    expect(audit.out).toMatch(
      /rotation-stuck: api-key \(since [\d-]+\)\n {3}the rotation of "api-key" is left to a person: the program that rotates "api-key", \S+, was refused step "choose"[^\n]*\n[^]*? {3}hint: .*secrets rotation resume api-key\n/,
    )
    const look = await one.secretref(['monitor', '--check-expiry', '7', '--json'])
    expect(JSON.parse(look.out)).toMatchObject({
      stuck: [{ ref: REF, reason: 'refused', why: expect.stringContaining('step "choose"') }],
    })
    one.issuer = { ...one.issuer, refuse: [] }
    const resumed = await one.secretref(['secrets', 'rotation', 'resume', REF])
    expect(resumed.code).toBe(0)
    expect(lived(one)).toEqual([await received(one)])
    const described = await one.secretref(['secrets', 'describe', REF])
    expect(described.out).toMatch(/^ {2}rotated +\S+Z, from version 1 to 2$/m)
    expect(described.out).not.toContain('under way')
  }, 60_000)

  test('on a terminal each failed try is a line, and Ctrl-C leaves it to the next run', async (context) => {
    if (!hasTerminal) skipLoudly(context, 'a rotation on a terminal', 'python3 is missing')
    const one = await rotating('issued', AT_ONCE)
    const { command } = ruleOf(one)
    const right = readFileSync(command, 'utf8')
    writeFileSync(command, `#!/bin/sh\necho ${FIRST}\nexit 3\n`)
    const words = [...FORCED, '--config', one.world.config]
    const env = { TERM: 'xterm' }
    const shell = start(one.world, words, { through: onTerminal, stdin: 'pipe', env })
    await shell.says(
      /api-key: tried 1 of 5: the program .*, ended with exit code 3 at step "create"; again in 5 s; Ctrl-C leaves it to the next run/,
    )
    shell.child.stdin?.write('\u0003')
    const { out, code } = await shell.ended
    // Python's way to say: by signal 2.
    expect(code).toBe(256 - 2)
    expect(out).toMatch(/under way \(creating\): the program/)
    expect(out).toContain(
      'hint: the gateway goes on with it, or the next `secretref secrets rotate`',
    )
    expect(out).not.toContain(FIRST)
    expect(recordsOf(one.world).findLast(({ reason }) => reason === 'exit-code')).toMatchObject({
      event: 'rotation.step',
      code: 'PROVIDER_INVALID',
      exit: { code: 3 },
      detail: { action: 'create', call: 'create', result: 'unknown', step: 'creating' },
    })
    writeFileSync(command, right)
    expect((await one.secretref(FORCED)).out).toContain('rotated, version 2 (was 1)')
  }, 60_000)

  test('a signal waits for the step that was begun, a second one does not; either way the next run ends it', async () => {
    const one = await rotating('issued', { ...AT_ONCE, timeoutMs: 1500 })
    one.issuer = { ...one.issuer, slow: ['create'] }
    const running = start(one.world, [...FORCED, '--config', one.world.config])
    await until('a creation was sent', () => one.issuer.asked['create'] === 1)
    running.child.kill('SIGTERM')
    await warned(
      running,
      /the step that was begun is waited for, .* a second signal ends this at once/,
    )
    running.child.kill('SIGINT')
    expect((await running.ended).signal).toBe('SIGINT')
    const { code } = await one.secretref(['secrets', 'rotate'])
    expect(code).toBe(0)
    expect(lived(one)).toEqual([await received(one)])
  }, 60_000)

  test('given up where the program is gone: at once where nothing was begun, else as it stands by --leave', async () => {
    const one = await rotating('issued')
    const { command } = ruleOf(one)
    const gone = `${command}.gone`
    renameSync(command, gone)
    // Tried, and nothing was sent.
    const waits = start(one.world, [...FORCED, '--config', one.world.config])
    await warned(
      waits,
      /tried 1 of 5: the program .*, does not exist; again in 5 s; Ctrl-C leaves it to/,
    )
    waits.child.kill('SIGINT')
    expect((await waits.ended).signal).toBe('SIGINT')
    const abandon = ['secrets', 'rotation', 'abandon', REF]
    const undone = await one.secretref(abandon)
    expect(undone).toMatchObject({
      code: 0,
      out: expect.stringContaining('given up; what was begun is undone'),
    })

    // One was made, and the program goes away before it is tried.
    renameSync(gone, command)
    one.issuer = { ...one.issuer, refuse: ['try'] }
    const made = start(one.world, [...FORCED, '--config', one.world.config])
    await warned(made, /tried 1 of 7: .* says that its service refuses the new value; again in 5 s/)
    renameSync(command, gone)
    made.child.kill('SIGINT')
    await made.ended
    const undoing = start(one.world, [...abandon, '--config', one.world.config])
    await warned(undoing, /tried 1 of 12: .*does not exist/)
    undoing.child.kill('SIGINT')
    const { out } = await undoing.ended
    expect(out).toContain('what was begun is not undone yet: the program')
    expect(out).toContain(`secrets rotation abandon ${REF} --leave`)
    const left = await one.secretref([...abandon, '--leave'])
    expect(left).toMatchObject({
      code: 1,
      err: `${REF}: given up; what is current stays, and key-1 is yours to end at its service\n`,
    })
    const status = await one.secretref(['secrets', 'rotation', 'status'])
    expect(status).toMatchObject({ code: 0, out: '' })
    expect(await received(one)).toBe(FIRST)
  }, 60_000)

  test('the old value was put back while it was to be ended: what is said of it helps', async () => {
    const one = await rotating('issued', { grace: '30d' })
    await one.secretref(FORCED)
    await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from(FIRST) })
    const stuck = await one.secretref([...FORCED.slice(0, -1), '--revoke-now'])
    expect(stuck.out).toContain('stuck: "api-key" was changed by somebody else meanwhile')
    const [, ...words] = /secretref (secrets) (rotation) (\w+) (\S+);/.exec(stuck.out) ?? []
    expect(words).toEqual(['secrets', 'rotation', 'abandon', REF])
    // What was made is theirs to end.
    expect((await one.secretref(words)).code).toBe(1)
    const status = await one.secretref(['secrets', 'rotation', 'status'])
    expect(status).toMatchObject({ code: 0, out: '' })
    expect(await received(one)).toBe(FIRST)
    expect(lived(one)).toContain(FIRST)
  })

  test('abandon undoes what is not current yet', async () => {
    const one = await rotating('issued')
    one.issuer = { ...one.issuer, refuse: ['try'] }
    const rotation = start(one.world, [...FORCED, '--config', one.world.config])
    await until('it was asked', () => (one.issuer.asked['try'] ?? 0) > 0)
    rotation.child.kill('SIGTERM')
    await rotation.ended
    const { code, out } = await one.secretref(['secrets', 'rotation', 'abandon', REF])
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('given up') })
    expect(lived(one)).toEqual([FIRST])
    expect(await received(one)).toBe(FIRST)
  }, 60_000)
})

test('what a person decides about one environment’s rotation touches no other one', async () => {
  const one = await rotating('chosen')
  const config: { openclaw: { gateway: { secrets: { refMap: Record<string, object> } } } } =
    JSON.parse(readFileSync(one.world.config, 'utf8'))
  const entry = config.openclaw.gateway.secrets.refMap[REF]
  const environments = { staging: { secrets: { [REF]: { ...entry, path: 'staging-key' } } } }
  one.world.writeConfig({ ...config, environments })
  const staging = ['--environment', 'staging']
  await one.secretref(['secrets', 'set', REF, ...staging], { stdin: Buffer.from(FIRST) })
  one.issuer = { ...one.issuer, refuse: ['choose'] }
  for (let tries = 0; tries < 3; tries += 1) await one.secretref([...FORCED, ...staging])
  one.issuer = { ...one.issuer, refuse: [] }
  await one.secretref(['secrets', 'rotation', 'resume', REF])
  expect(await received(one)).toBe(FIRST)
  const history = await one.secretref(['secrets', 'history', REF, ...staging])
  expect(history.out).toMatch(/^2 +current/m)
}, 60_000)

test('somebody sets a third value after the promotion: what the rotation made is named, as theirs to end', async () => {
  const one = await rotating('issued', { grace: '4s' })
  const running = start(one.world, [...FORCED, '--config', one.world.config])
  await until('promoted', () => eventsOf(one.world).includes('rotation.promoted') || undefined)
  const byHand = { id: 'by-hand', value: 'fake-third' }
  one.issuer = { ...one.issuer, cap: 3, live: [...one.issuer.live, byHand] }
  await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from(byHand.value) })
  const { code, out } = await running.ended
  expect(code).toBe(1)
  expect(out).toMatch(/what the rotation made, key-1, still lives at its service/)
  expect(one.issuer.live.map(({ id }) => id)).toEqual(['key-1', 'by-hand'])
}, 60_000)

test('an end that the config states was said of the old value: one rotation, and what to do about it', async () => {
  const one = await rotating('issued', { ...AT_ONCE, before: '7d' })
  const config: {
    openclaw: { gateway: { secrets: { refMap: Record<string, object> } } }
  } = JSON.parse(readFileSync(one.world.config, 'utf8'))
  const { refMap } = config.openclaw.gateway.secrets
  const state = (days: number): void => {
    const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString()
    refMap[REF] = { ...refMap[REF], expiresAt }
    one.world.writeConfig(config)
  }
  state(3)
  const first = await one.secretref(['secrets', 'rotate'])
  expect(first.code).toBe(1)
  expect(first.out).toMatch(/rotated, version 2 \(was 1\).*\n +hint: the config's "expiresAt"/)
  const second = await one.secretref(['secrets', 'rotate'])
  expect(second).toMatchObject({ code: 0 })
  expect(second.out).toMatch(/not due \(the config's "expiresAt".* move it\)/)
  expect(one.issuer.made).toBe(1)
  // Said anew, it is said of the new one.
  state(4)
  await one.secretref(['secrets', 'rotate'])
  expect(one.issuer.made).toBe(2)
}, 60_000)

test('what was wanted and undone is tried again by the next run, due or not', async () => {
  const one = await rotating('issued', AT_ONCE)
  one.issuer = { ...one.issuer, refuse: ['create'] }
  expect((await one.secretref(FORCED)).code).toBe(1)
  one.issuer = { ...one.issuer, refuse: [] }
  const { code, out } = await one.secretref(['secrets', 'rotate'])
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('rotated') })
  expect(lived(one)).toEqual([await received(one)])
}, 60_000)

test('what was wanted and undone begins anew in its window alone', async () => {
  const far = new Date(Date.now() + 3 * 86_400_000)
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][far.getUTCDay()]
  const one = await rotating('issued', { ...AT_ONCE, window: `${day} 02:00-05:00 UTC` })
  one.issuer = { ...one.issuer, refuse: ['create'] }
  expect((await one.secretref(FORCED)).code).toBe(1)
  one.issuer = { ...one.issuer, refuse: [] }
  const { out } = await one.secretref(['secrets', 'rotate'])
  expect(out).toMatch(/due, waits for its window/)
  expect(await received(one)).toBe(FIRST)
}, 60_000)

test('an old one that cannot be ended is told as that, with the reason, and not as well', async () => {
  const one = await rotating('issued', AT_ONCE)
  one.issuer = { ...one.issuer, refuse: ['end'] }
  const running = start(one.world, [...FORCED, '--config', one.world.config])
  await warned(running, /tried 1 of 12: .*; again in 5 s/)
  running.child.kill('SIGINT')
  const { out } = await running.ended
  expect(out).toMatch(/rotated, and the old one of version 1 is not ended: /)
  expect(eventsOf(one.world).filter((event) => event === 'alert.raised')).toHaveLength(1)
  const again = await one.secretref(['secrets', 'rotation', 'status'])
  expect(again.out).toMatch(/tried once/)
}, 60_000)

describe('rollback', () => {
  test('what is rolled has no way back, and the old one ends by itself', async () => {
    const one = await rotating('roll', { grace: '1h' })
    expect((await one.secretref(FORCED)).out).toContain('lives on')
    const { code, err } = await one.secretref(['secrets', 'rollback', REF])
    expect(code).toBe(1)
    expect(err).toContain('ends by itself: there is no way back')
    const given = await one.secretref(['secrets', 'rotation', 'abandon', REF])
    expect(given.err).toContain('given up; what is current stays, and the old value ends by itself')
    expect(lived(one)).toContain(await received(one))
  }, 60_000)

  test('nor has one whose old value was dead before: it goes on, and says so', async () => {
    const one = await rotating('chosen', AT_ONCE)
    const { issuer } = one
    one.issuer = { ...issuer, live: [], busy: { try: 1500 } }
    const first = start(one.world, [...FORCED, '--config', one.world.config])
    await until('it was set', () => one.issuer.asked['set'] === 1)
    const all = [first.pid, ...descendantsOf(first.pid).map(({ pid }) => pid)]
    for (const pid of all) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await first.ended
    one.issuer = { ...one.issuer, busy: {} }
    const given = await one.secretref(['secrets', 'rotation', 'abandon', REF])
    expect(given).toMatchObject({ code: 1, err: expect.stringContaining('api-key: not undone: ') })
    expect(lived(one)).toEqual([await received(one)])
  }, 60_000)

  test('while the old one lives: it is current again, and the new one is ended', async () => {
    const one = await rotating('issued', { grace: '30d' })
    await one.secretref(FORCED)
    expect(lived(one)).toHaveLength(2)
    // The store may be the only place that has the new one.
    const removed = await one.secretref(['secrets', 'rm', REF, '--yes'])
    expect(removed.code).toBe(1)
    expect(removed.err).toMatch(/a rotation of api-key is under way: distributed/)
    const { code, out } = await one.secretref(['secrets', 'rollback', REF])
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('rolled back') })
    expect(await received(one)).toBe(FIRST)
    expect(lived(one)).toEqual([FIRST])
    // And back again would be to a dead one.
    const again = await one.secretref(['secrets', 'rollback', REF, '--to', '2'])
    expect(again.code).toBe(1)
    expect(again.err).toMatch(/version 2 of api-key was ended at its service/)
  })

  test('to one that was ended at its service, whichever: refused, with what helps; history marks them', async () => {
    const one = await rotating('issued', AT_ONCE)
    await one.secretref(FORCED)
    await one.secretref(FORCED)
    const history = await one.secretref(['secrets', 'history', REF])
    expect(history.out).toMatch(/^3 +current {2,}\d/m)
    expect(history.out).toMatch(/^2 +previous, ended at its service \d{4}-\d{2}-\d{2} /m)
    expect(history.out).toMatch(/^1 +ended at its service \d{4}-\d{2}-\d{2} /m)
    const json: unknown = JSON.parse(
      (await one.secretref(['secrets', 'history', REF, '--json'])).out,
    )
    expect(json).toMatchObject({
      versions: [
        expect.not.objectContaining({ endedAt: expect.anything() }),
        { version: '2', endedAt: expect.any(String) },
        { version: '1', endedAt: expect.any(String) },
      ],
    })
    for (const [version, more] of [
      ['2', []],
      ['1', ['--to', '1']],
    ] as const) {
      const { code, err } = await one.secretref(['secrets', 'rollback', REF, ...more])
      expect(code).toBe(1)
      expect(err).toContain(`version ${version} of api-key was ended at its service by a rotation`)
      expect(err).toContain('--yes brings the dead one back')
    }
    expect(lived(one)).toEqual([await received(one)])
    // The one before is another one, when somebody has set one meanwhile.
    await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from('fake-by-hand') })
    expect((await one.secretref(['secrets', 'rollback', REF])).err).toBe(
      `${REF}: version 3 is current (was 4)\n`,
    )
    expect(lived(one)).toEqual([await received(one)])
  }, 60_000)
})

describe('the config is edited while a rotation is under way', () => {
  test('to another place: what was made for one is not put into another', async () => {
    const one = await rotating('issued', { grace: '30d' })
    await one.secretref(FORCED)
    const config = readFileSync(one.world.config, 'utf8')
    one.world.write(
      'config.json',
      config.replace('"provider": "store"', '"provider": "store", "path": "b"'),
    )
    await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from('fake-elsewhere') })
    const { code, out } = await one.secretref(FORCED)
    expect(code).toBe(1)
    expect(out).toContain('began in another place')
    expect(await received(one)).toBe('fake-elsewhere')
    one.world.write('config.json', config)
    expect((await one.secretref(['secrets', 'rotation', 'status'])).out).toMatch(
      /api-key .*distributed/,
    )
  }, 60_000)
})
