/** What happens to an agent that runs while its values change, end, or cannot be read. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { configOf, makeWorld, recordsOf, run, start, until, type World } from './support.ts'

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

function tended(extra: object, options: { required?: boolean; slot?: object } = {}): Tended {
  const world = makeWorld({ secrets: { key: long('a') } })
  const agent = world.write('agent.cjs', WATCHER)
  const files = ['seen', 'signals', 'started'].map((name) => join(world.dir, name))
  const command = [process.execPath, agent, ...files]
  const config: any = configOf([{ ...FILE, ...options.slot }], {
    command,
    refreshEvery: '1s',
    ...extra,
  })
  config.agents.a['tool-bindings'].t.required = options.required ?? true
  world.writeConfig(config)
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

describe.concurrent('an agent that runs while its values change', () => {
  test('signal:HUP: each change reaches the file whole, and is told once', async () => {
    const { world, args, seen, signals, change, of } = tended({ onChange: 'signal:HUP' })
    const running = start(world, ['run', ...args])
    await until('the first value', () => seen() === 'a')
    for (const [i, sign] of ['b', 'c', 'd', 'e'].entries()) {
      change({ key: long(sign) })
      await until(`value ${sign}`, () => seen().endsWith(sign))
      await until('its signal', () => signals() === i + 1)
    }
    running.child.kill('SIGTERM')
    const ended = await running.ended
    expect(seen()).toBe('a b c d e')
    expect(ended.signal).toBe('SIGTERM')
    expect(signals()).toBe(4)
    expect(of('credential.changed').map(({ detail }) => detail?.['onChange'])).toEqual([
      'signal:HUP',
      'signal:HUP',
      'signal:HUP',
      'signal:HUP',
    ])
    expect(of('grant.released')).toHaveLength(5)
    expect(of('grant.delivered')).toHaveLength(5)
    const verified = await run(world, ['log', 'verify'])
    expect(verified.code).toBe(0)
  })
})
