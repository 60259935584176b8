/** What happens to an agent that runs while its values change, end, or cannot be read. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import {
  configOf,
  isAlive,
  makeWorld,
  recordsOf,
  resolverOf,
  run,
  start,
  until,
  type Ended,
  type World,
} from './support.ts'

/**
 * Reads its file 100 times a second and writes to `seen` what it saw: each sign once, in order, and
 * `half` for anything that is no whole value. Writes to `signals` how often it was told.
 */
const WATCHER = `
const { readFileSync, writeFileSync } = require('node:fs')
const [, , seenFile, signalsFile, startedFile] = process.argv
const seen = []
let signals = 0
process.on('SIGHUP', () => writeFileSync(signalsFile, String(++signals)))
writeFileSync(startedFile, String(process.pid) + '\\n', { flag: 'a' })
setInterval(() => {
  let text
  try { text = readFileSync(process.env.KEY_FILE, 'latin1') } catch { text = 'gone' }
  const whole = text.length === ${64 * 1024} && text === text[0].repeat(text.length)
  const word = text === 'gone' ? text : whole ? text[0] : 'half'
  if (seen.at(-1) === word) return
  seen.push(word)
  writeFileSync(seenFile, seen.join(' '))
}, 10)
`
const long = (sign: string): string => sign.repeat(64 * 1024)
const FILE = { secretRef: 'key', envVar: 'KEY', delivery: 'file' } as const

interface Tended {
  world: World
  args: string[]
  seen: () => string
  signals: () => number
  starts: () => number
  change: (secrets: object) => void
  of: (event: AuditRecord['event']) => AuditRecord[]
}

interface Options {
  required?: boolean
  /** Added to the slot of `KEY`. */
  slot?: object
  /** Further slots. */
  more?: readonly { secretRef: string; envVar: string }[]
  providers?: (world: World) => Record<string, object>
}

/** One agent `a` that watches its file, with `KEY` and what `extra` says of it. */
function tended(extra: object, options: Options = {}): Tended {
  const world = makeWorld({ secrets: { key: long('a'), other: 'invented-1' } })
  const agent = world.write('agent.cjs', WATCHER)
  const files = ['seen', 'signals', 'started'].map((name) => join(world.dir, name))
  const command = [process.execPath, agent, ...files]
  const slots = [{ ...FILE, ...options.slot }, ...(options.more ?? [])]
  const profiles = { t: { required: options.required ?? true } }
  const fields = { 'auth-profiles': profiles, command, refreshEvery: '1s', ...extra }
  world.writeConfig(configOf(slots, fields, options.providers?.(world)))
  if (options.required === false) makeOptional(world)
  const text = (name: string): string => {
    const path = join(world.dir, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  return {
    world,
    args: ['--config', world.config, '--agent', 'a'],
    seen: () => text('seen'),
    signals: () => Number(text('signals')),
    starts: () => text('started').split('\n').length - 1,
    change: (secrets) => world.writeSecrets(secrets),
    of: (event) => recordsOf(world).filter((record) => record.event === event),
  }
}

/**
 * A value is read again each second at most: side by side they wait for that once. They are one test,
 * because what a test leaves behind is removed when *it* has ended.
 */
function sideBySide(what: string, scenarios: Record<string, () => Promise<void>>): void {
  test(what, { timeout: 60_000 }, async () => {
    const failures: unknown[] = []
    await Promise.all(
      Object.entries(scenarios).map(async ([name, scenario]) => {
        await scenario().catch((error: unknown) => {
          failures.push(new Error(`${what}: ${name}`, { cause: error }))
        })
      }),
    )
    expect(failures).toEqual([])
  })
}

/** `configOf` makes a tool that is required. */
function makeOptional(world: World): void {
  const text = readFileSync(world.config, 'utf8')
  writeFileSync(world.config, text.replaceAll('"required": true', '"required": false'))
}

sideBySide('an agent that runs while its values change', {
  'signal:HUP: each change reaches the file whole, and is told once': async () => {
    const { world, args, seen, signals, change, of } = tended({ onChange: 'signal:HUP' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    for (const [i, sign] of ['b', 'c', 'd'].entries()) {
      change({ key: long(sign) })
      await until(`value ${sign}`, () => seen().endsWith(sign))
      await until('its signal', () => signals() === i + 1)
    }
    running.child.kill('SIGTERM')
    const ended = await running.ended
    expect(seen()).toBe('a b c d')
    expect(ended.signal).toBe('SIGTERM')
    expect(signals()).toBe(3)
    const words = of('credential.changed').map(({ detail }) => detail?.['onChange'])
    expect(words).toEqual(Array(3).fill('signal:HUP'))
    expect(of('grant.released')).toHaveLength(4)
    expect(of('grant.delivered')).toHaveLength(4)
    const verified = await run(world, ['log', 'verify'])
    expect(verified.code).toBe(0)
  },

  'rewrite: what was delivered as a variable is said, and the agent is told nothing': async () => {
    const { world, args, seen, signals, change, of } = tended(
      { onChange: 'rewrite' },
      { more: [{ secretRef: 'other', envVar: 'OTHER' }] },
    )
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ key: long('b'), other: 'invented-2' })
    await until('the new value', () => seen() === 'a b')
    await until('both records', () => of('credential.changed').length === 2)
    running.child.kill('SIGTERM')
    const { err } = await running.ended
    expect(err.match(/OTHER changed; the agent goes on with the value it has/g)).toHaveLength(1)
    expect(err).not.toContain('invented-2')
    expect(signals()).toBe(0)
    const released = of('grant.released').filter(({ envVar }) => envVar === 'OTHER')
    expect(released).toHaveLength(1)
    const changed = of('credential.changed').find(({ envVar }) => envVar === 'KEY')
    const [first, second] = of('grant.released').filter(({ envVar }) => envVar === 'KEY')
    expect(changed?.secret?.fingerprint).toBe(second?.secret?.fingerprint)
    expect(changed?.detail?.['fingerprintBefore']).toBe(first?.secret?.fingerprint)
  },

  'none: said and recorded, and nothing else': async () => {
    const { world, args, seen, signals, change, of } = tended({ onChange: 'none' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ key: long('b') })
    await until('its record', () => of('credential.changed').length === 1)
    // Two more looks find nothing new.
    const looks = of('grant.intent').length
    await until('two more looks', () => of('grant.intent').length >= looks + 2)
    running.child.kill('SIGTERM')
    const { err } = await running.ended
    expect(err.match(/KEY changed/g)).toHaveLength(1)
    expect(of('credential.changed')).toHaveLength(1)
    expect([seen(), signals()]).toEqual(['a', 0])
  },

  'restart, where nobody would start it again: said, and the agent goes on': async () => {
    const { world, args, seen, starts, change, of } = tended({ onChange: 'restart' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ key: long('b') })
    await until('the words', () => running.soFar().err.includes('nothing here would start'))
    expect(starts()).toBe(1)
    running.child.kill('SIGTERM')
    const { signal } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(of('run.ended')[0]?.reason).toBeUndefined()
  },

  'restart: gateway run starts the agent again, at once and with the new value': async () => {
    const { world, args, seen, starts, change, of } = tended({ onChange: 'restart' })
    const running = start(world, ['gateway', 'run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ key: long('b') })
    await until('the new value, in a new process', () => seen() === 'b')
    expect(starts()).toBe(2)
    const [first, second] = of('run.started')
    const [ended] = of('run.ended')
    expect(ended).toMatchObject({ reason: 'credential-changed', exit: { signal: 'SIGTERM' } })
    expect(second?.actor.run).not.toBe(first?.actor.run)
    const pause = Date.parse(second?.time ?? '') - Date.parse(ended?.time ?? '')
    // The first delay of a restart policy is a second; a start alone takes a part of that.
    expect(running.soFar().err).not.toContain('starts again in')
    expect(pause).toBeLessThan(5000)
    running.child.kill('SIGTERM')
    const { signal } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(of('run.ended')).toHaveLength(2)
    expect(of('run.ended')[1]?.reason).toBeUndefined()
  },

  'what changes for one agent is no matter of another': async () => {
    const world = makeWorld({ secrets: { one: long('a'), two: long('a') } })
    const program = world.write('agent.cjs', WATCHER)
    const text = (name: string): string => {
      const path = join(world.dir, name)
      return existsSync(path) ? readFileSync(path, 'utf8') : ''
    }
    const agent = (ref: string): object => ({
      command: [
        process.execPath,
        program,
        ...['seen', 'signals', 'pids'].map((what) => `${ref}-${what}`),
      ],
      refreshEvery: '1s',
      onChange: 'signal:HUP',
      'tool-bindings': { t: { required: true, credentials: { c: { ...FILE, secretRef: ref } } } },
    })
    world.writeConfig({
      secrets: { providers: { file: {} } },
      agents: { one: agent('one'), two: agent('two') },
      openclaw: { gateway: { secrets: { 'active-provider': 'file' } } },
    })
    const running = start(world, ['gateway', 'run', '--config', world.config])
    await until('both', () => text('one-seen') === 'a' && text('two-seen') === 'a')
    world.writeSecrets({ one: long('b'), two: long('a') })
    await until('the new value', () => text('one-seen') === 'a b')
    await until('its signal', () => text('one-signals') === '1')
    // One is stopped by the end of its value, and the other goes on.
    world.writeSecrets({ two: long('a') })
    await until('the end of one', () => running.soFar().err.includes('one: was ended by SIGTERM'))
    expect(isAlive(Number(text('two-pids')))).toBe(true)
    expect([text('two-seen'), text('two-signals')]).toEqual(['a', ''])
    running.child.kill('SIGTERM')
    await running.ended
    expect(isAlive(Number(text('two-pids')))).toBe(false)
  },
})

/** A provider that answers a start at once, and hangs at every re-read. */
function slow(world: World): Record<string, object> {
  const answer = '{"protocolVersion":1,"values":{"key":"invented-slow"}}'
  const script = `#!/bin/sh\n[ -e "$0.once" ] && exec sleep 30\n: > "$0.once"\necho '${answer}'\n`
  return { slow: { type: 'exec', command: world.write('slow.sh', script, 0o700) } }
}

sideBySide('an agent that runs while a value ends or cannot be read', {
  'required: the agent is stopped, and stderr and the log say why': async () => {
    const { world, args, seen, change, of } = tended({
      onChange: 'rewrite',
      'auth-profiles': { t: { required: true, 'on-failure': 'deny-and-alert' } },
    })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ another: 'invented' })
    const { signal, err } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(err).toMatch(/a: KEY: revoked: .*\[SECRET_NOT_FOUND\]/)
    expect(err).toContain('a credential that the agent requires was revoked; it is stopped')
    const [revoked] = of('grant.revoked')
    expect(revoked?.secret?.fingerprint).toBe(of('grant.released')[0]?.secret?.fingerprint)
    expect(revoked?.code).toBe('SECRET_NOT_FOUND')
    expect(of('alert.raised')).toHaveLength(1)
    expect(of('run.ended')[0]).toMatchObject({
      reason: 'credential-revoked',
      exit: { signal: 'SIGTERM' },
    })
    const status = await run(world, ['gateway', 'status', '--secrets', ...args])
    expect(status.out).toContain('KEY: denied (SECRET_NOT_FOUND)')
  },

  'optional: its file goes, the agent is told and goes on; and it may come back': async () => {
    const { world, args, seen, signals, change, of } = tended(
      { onChange: 'signal:HUP' },
      { required: false },
    )
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    change({ another: 'invented' })
    await until('its end', () => seen() === 'a gone')
    await until('its signal', () => signals() === 1)
    change({ key: long('a') })
    await until('its return', () => seen() === 'a gone a')
    await until('its signal', () => signals() === 2)
    running.child.kill('SIGTERM')
    const { err } = await running.ended
    expect(err).toContain('its file was removed; the agent goes on without it')
    expect(of('grant.revoked')).toHaveLength(1)
    expect(of('run.ended')[0]?.reason).toBeUndefined()
  },

  'a date that passes ends it': async () => {
    const expiresAt = new Date(Date.now() + 5000).toISOString()
    const { world, args, of } = tended({ onChange: 'rewrite' }, { slot: { expiresAt } })
    const { signal } = await run(world, ['run', ...args])
    expect(signal).toBe('SIGTERM')
    expect(of('grant.revoked')[0]).toMatchObject({ code: 'EXPIRED', reason: 'expired' })
  },

  'an outage touches no agent, is said once, shown as stale, and said when it is over':
    async () => {
      const { world, args, seen, signals, change, of } = tended({ onChange: 'signal:HUP' })
      const status = (): Promise<Ended> => run(world, ['gateway', 'status', '--secrets', ...args])
      const running = start(world, ['run', ...args])
      await until('the first value', () => seen() === 'a')
      world.writeSecrets('{ half a document')
      await until('the words', () => running.soFar().err.includes('could not be read again'))
      const looks = of('grant.intent').length
      await until('two more looks', () => of('grant.intent').length >= looks + 2)
      expect((await status()).out).toMatch(
        /KEY: stale \(last read \d+ s ago, then SECRET_MALFORMED\)/,
      )
      change({ key: long('b') })
      await until('the new value', () => seen() === 'a b')
      await until('its signal', () => signals() === 1)
      await until('the words', () => running.soFar().err.includes(': can be read again'))
      expect((await status()).out).toContain('KEY: injected')
      running.child.kill('SIGTERM')
      const { err } = await running.ended
      expect(err.match(/could not be read again/g)).toHaveLength(1)
      expect(err.match(/: can be read again/g)).toHaveLength(1)
      const failed = of('grant.failed')
      expect(failed).toHaveLength(1)
      expect(failed[0]).toMatchObject({ code: 'SECRET_MALFORMED', detail: { purpose: 'refresh' } })
    },

  'a store that is away for a moment is no revocation': async () => {
    const { world, args, seen, change, of } = tended({ onChange: 'rewrite' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    rmSync(world.secrets)
    const looks = of('grant.intent').length
    await until('a look at nothing', () => of('grant.intent').length === looks + 1)
    await until('its end', () => resolverOf(running.pid) === undefined)
    change({ key: long('a') })
    const later = of('grant.intent').length
    await until('two more looks', () => of('grant.intent').length >= later + 2)
    expect(of('grant.revoked')).toHaveLength(0)
    running.child.kill('SIGTERM')
    expect((await running.ended).signal).toBe('SIGTERM')
  },

  'without a log nothing is read, and the agent goes on': async () => {
    const { world, args, seen, change } = tended({ onChange: 'rewrite' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    rmSync(world.home.auditLog)
    change({ key: long('b') })
    await until('the words', () => running.soFar().err.includes('cannot be read again'))
    await new Promise((fulfil) => setTimeout(fulfil, 1500))
    expect(seen()).toBe('a')
    running.child.kill('SIGTERM')
    const { err, signal } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(err.match(/cannot be read again/g)).toHaveLength(1)
  },

  'the agent, or we: nothing waits for the provider, and nothing is left': async () => {
    const { world, args, seen } = tended({ onChange: 'rewrite' }, { providers: slow })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() !== '')
    const resolver = await until('a re-read', () => resolverOf(running.pid))
    const began = performance.now()
    running.child.kill('SIGTERM')
    const { signal } = await running.ended
    expect(signal).toBe('SIGTERM')
    expect(performance.now() - began).toBeLessThan(3000)
    await until('its end', () => !isAlive(resolver.pid))
  },
})
