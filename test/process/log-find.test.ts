/** `log find` as somebody meets it who holds a value that has leaked. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import { expectNoLeak, formsIn, newSecret, type Secret } from './leaks.ts'
import { copiesIn } from './scan-memory.ts'
import {
  configOf,
  descendantsOf,
  isAlive,
  isLinux,
  makeWorld,
  procFile,
  recordsOf,
  run,
  runAgent,
  start,
  until,
  type Ended,
  type World,
} from './support.ts'
import { hasTerminal, inShell } from './terminal.ts'

const FIND = ['log', 'find', '--value-stdin'] as const

function find(world: World, stdin: Buffer | string, ...more: string[]): Promise<Ended> {
  return run(world, [...FIND, ...more], { stdin: Buffer.from(stdin) })
}

/** A world in which something can be searched for. */
function withKey(): World {
  const world = makeWorld()
  mkdirSync(world.home.keys, { mode: 0o700 })
  writeFileSync(world.home.fingerprintKey, Buffer.alloc(32, 7), { mode: 0o600 })
  return world
}

/** A world in which one agent has received this value twice, and another value once. */
async function used(secret: Secret): Promise<World> {
  const world = makeWorld({
    config: configOf(['key', 'other']),
    secrets: { key: { value: secret.value }, other: newSecret().value },
  })
  for (let i = 0; i < 2; i++) expect((await runAgent(world, ['/bin/true'])).code).toBe(0)
  return world
}

describe('a value that was used', () => {
  test('is found by its fingerprint: where, when, by whom; and stands nowhere', async () => {
    const secret = newSecret()
    const world = await used(secret)
    const text = await find(world, secret.value)
    const delivered = recordsOf(world).filter(
      ({ event, ref }) => event === 'grant.delivered' && ref === 'key',
    )
    const released = recordsOf(world).find(
      ({ event, ref }) => event === 'grant.released' && ref === 'key',
    )
    expect(delivered).toHaveLength(2)
    expect(text).toMatchObject({ code: 0, err: '' })
    expect(text.out).toContain('found: 4 records hold the fingerprint of this value, hmac-sha256:')
    expect(text.out).toMatch(/^AGENT +REF +RECORDS +DELIVERED +FIRST +LAST\na +key +4 +2 /m)
    expect(text.out).toContain(`${delivered[0]?.actor.run}, ${delivered[1]?.actor.run}`)

    const json = await find(world, `${secret.value}\n`, '--json')
    expect(JSON.parse(json.out)).toMatchObject({
      version: 1,
      found: true,
      records: 4,
      fingerprint: delivered[0]?.secret?.fingerprint,
      uses: [
        {
          agent: 'a',
          ref: 'key',
          records: 4,
          delivered: 2,
          first: { seq: released?.seq, time: released?.time, event: 'grant.released' },
          last: { seq: delivered[1]?.seq, time: delivered[1]?.time, event: 'grant.delivered' },
          runs: delivered.map(({ actor }) => actor.run),
        },
      ],
    })
    const nothing = await find(world, secret.value, '--until', '2000-01-01')
    expect(nothing).toMatchObject({ code: 0, err: '' })
    expect(nothing.out).toContain('not found: no record of the time that was asked for')

    const exported = await run(world, ['log', 'export', '--format', 'csv'])
    expectNoLeak(world, secret, [text, json, nothing, exported], ['state/secrets.json'])
  })

  test('is found in an archive too', async () => {
    const secret = newSecret()
    const world = await used(secret)
    expect((await run(world, ['log', 'archive', '--yes'])).code).toBe(0)
    const ended = await find(world, secret.value, '--json')
    expect(JSON.parse(ended.out)).toMatchObject({
      found: true,
      records: 4,
      uses: [
        { agent: 'a', first: { archive: expect.stringMatching(/^audit\.log\.\d{8}T\d{9}Z$/) } },
      ],
    })
  })

  test('is found in an archive of which the last segment was gone', async () => {
    const secret = newSecret()
    const world = await used(secret)
    writeFileSync(world.home.auditSettings, '{"segment":{"bytes":1024}}', { mode: 0o600 })
    expect((await runAgent(world, ['/bin/true'])).code).toBe(0)
    rmSync(world.home.auditLog)
    expect((await run(world, ['log', 'archive', '--yes'])).code).toBe(0)
    const ended = await find(world, secret.value, '--json')
    expect(ended.code).toBe(0)
    const { uses, found } = JSON.parse(ended.out)
    expect(found).toBe(true)
    expect(uses[0].first.archive).toMatch(/^audit\.log\.\d{8}T\d{9}Z$/)
    const shown = await run(world, ['log', 'show', join(world.home.dir, uses[0].first.archive)])
    expect(shown.code).toBe(0)
  })

  test('is found where it was stored, and after a newline or without', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: {} })
    const stored = await run(world, ['secrets', 'set', 'key', '--config', world.config], {
      stdin: Buffer.from(`${secret.value}\r\n`),
    })
    expect(stored.code).toBe(0)
    for (const end of ['', '\n', '\r\n']) {
      const { out } = await find(world, `${secret.value}${end}`)
      expect(out).toContain('found: 1 record holds')
    }
    expect((await find(world, `${secret.value}\n\n`)).out).toContain('not found: ')
  })
})

describe('a value that is not in the log', () => {
  test('is told, with what that means; exit 0', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: { key: newSecret().value } })
    await runAgent(world, ['/bin/true'])
    const ended = await find(world, secret.value)
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toMatch(
      /^not found: no record holds the fingerprint of this value, hmac-sha256:/,
    )
    expect(ended.out).toContain(
      'never delivered or stored by this installation, or the log or the key',
    )
    const json = await find(world, secret.value, '--json')
    expect(JSON.parse(json.out)).toMatchObject({ version: 1, found: false, records: 0, uses: [] })

    rmSync(world.home.fingerprintKey)
    const gone = await find(world, secret.value)
    expect(gone).toMatchObject({ code: 1, out: '' })
    expect(gone.err).toContain('is gone: nothing can be found without it [STATE_UNAVAILABLE]')
    expect(existsSync(world.home.fingerprintKey)).toBe(false)
    expectNoLeak(world, secret, [ended, json, gone], [])
  })

  test('nor can any be, where there was no key yet: and none is made', async () => {
    const empty = makeWorld()
    const ended = await find(empty, 'fake-value')
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toBe(
      'not found: no value was ever delivered or stored by this installation\n',
    )
    expect(existsSync(empty.home.keys)).toBe(false)
    expect(existsSync(empty.home.auditLog)).toBe(false)
  })
})

describe('what is no value', () => {
  test('nothing, a newline, two megabytes', async () => {
    const secret = newSecret()
    const world = withKey()
    const given: [stdin: string, code: string][] = [
      ['', 'SECRET_EMPTY'],
      ['\n', 'SECRET_EMPTY'],
      [secret.value.repeat(30_000), 'SECRET_TOO_LARGE'],
    ]
    const ended = await Promise.all(given.map(([stdin]) => find(world, stdin)))
    for (const [i, { code, out, err }] of ended.entries()) {
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain(`[${given[i]?.[1]}]`)
    }
    expectNoLeak(world, secret, ended, [])
  })

  test('NUL and lines are part of a value', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: {} })
    await run(world, ['secrets', 'set', 'key', '--config', world.config], {
      stdin: Buffer.from(secret.value),
    })
    const texts = [`${secret.value}\0`, `${secret.value}\nx`, `\n${secret.value}`]
    const ended = await Promise.all(texts.map((text) => find(world, text)))
    for (const { code, out, err } of ended) {
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('not found: ')
    }
    expectNoLeak(world, secret, ended, ['state/secrets.json'])
  })

  test('in an argument it is refused unseen, before anything is read', async () => {
    const secret = newSecret()
    const world = makeWorld()
    const lines = [
      ['log', 'find', secret.value],
      [...FIND, secret.value],
      ['log', 'find', `--value=${secret.value}`],
    ]
    const ended = await Promise.all(lines.map((line) => run(world, line)))
    for (const { code, out, err } of ended) {
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain('log find takes no value on the command line')
    }
    expectNoLeak(world, secret, ended, [])
  })

  test('a pipe is not read unless that is said, and a wrong time is told first', async () => {
    const world = makeWorld()
    const ended = await run(world, ['log', 'find'], { stdin: Buffer.from('fake') })
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err).toContain('[USAGE]\nhint: secretref log find --value-stdin < FILE')
    expect((await find(world, 'fake', '--since', 'yesterday')).err).toContain(
      '--since is not a time',
    )
  })
})

function needProc(context: TestContext): void {
  if (!isLinux) skipLoudly(context, 'processes of log find', 'there is no /proc')
}

describe('seen from outside', () => {
  test('the value is in the finder alone, in no words and no variables; a signal ends both', async (context) => {
    needProc(context)
    const secret = newSecret()
    const world = withKey()
    const finding = start(world, FIND, { stdin: 'pipe' })
    finding.child.stdin?.write(secret.value)
    const finder = await until('a finder', () =>
      descendantsOf(finding.pid).find(({ argv }) =>
        argv.some((word) => /\/finder(?:\.cjs|\/main\.ts)$/.test(word)),
      ),
    )
    await until('the value in the finder', () => copiesIn(finder.pid, secret.marker).length > 0)
    expect(copiesIn(finding.pid, secret.marker)).toEqual([])
    expect(procFile(finder.pid, 'coredump_filter').trim()).toBe('00000000')
    for (const pid of [finding.pid, finder.pid]) {
      for (const file of ['cmdline', 'environ']) {
        expect(formsIn(Buffer.from(procFile(pid, file), 'latin1'), secret)).toEqual([])
      }
    }
    expect(procFile(finder.pid, 'environ')).toBe('')
    finding.child.kill('SIGTERM')
    expect(await finding.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(isAlive(finder.pid)).toBe(false)
  })

  test('a finder that is killed is told', async (context) => {
    needProc(context)
    const world = withKey()
    const finding = start(world, FIND, { stdin: 'pipe' })
    const finder = await until('a finder', () =>
      descendantsOf(finding.pid).find(({ argv }) => argv.some((word) => /\/finder/.test(word))),
    )
    process.kill(finder.pid, 'SIGKILL')
    const ended = await finding.ended
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err).toContain('ended without an answer')
  })
})

test('on a terminal it asks, and shows nothing of what is typed', async (context) => {
  if (!hasTerminal) skipLoudly(context, 'log find on a terminal', 'python3 is missing')
  const value = ['fake', 'value', 'Zq7xW2'].join('-')
  const world = makeWorld({ config: configOf(['key']), secrets: { key: value } })
  await runAgent(world, ['/bin/true'])
  const running = start(world, ['log', 'find'], { stdin: 'pipe', through: inShell })
  await running.says(/value \(not shown\): /)
  running.child.stdin?.write(`${value}\r`)
  await running.says(/code=/)
  running.child.stdin?.end('fake-marker\n')
  const { out } = await running.ended
  expect(out).toContain('found: 2 records hold')
  expect(out).toContain('terminal=restored')
  expect(out).toContain('code=0')
  expect(out).not.toContain(value)
})
