/** Every command, on good paths and bad ones, with a marked value: no sink shows it. */
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNoLeak, formsIn, newSecret, type Secret } from './leaks.ts'
import {
  configOf,
  descendantsOf,
  describeOnLinux,
  makeWorld,
  procFile,
  run,
  runAgent,
  start,
  until,
  type Ended,
  type World,
} from './support.ts'

/** Commands that start nothing, as somebody types them who looks for what is wrong. */
const LOOKING: readonly (readonly string[])[] = [
  ['config', 'check'],
  ['config', 'check', '--json'],
  ['config', 'show', '--json'],
  ['why', '--agent', 'a'],
  ['why', '--agent', 'a', '--json'],
  ['gateway', 'status', '--agent', 'a', '--secrets', '--all'],
  ['gateway', 'status', '--agent', 'a', '--secrets', '--json'],
  ['gateway', 'audit', '--secrets', '--verbose'],
]
/** Those that need no config. */
const ANYWHERE: readonly (readonly string[])[] = [
  ['log', 'show'],
  ['log', 'show', '--json'],
  ['log', 'verify'],
  ['log', 'export'],
  ['log', 'export', '--format', 'csv'],
  ['log', 'find'],
  ['doctor'],
  ['doctor', '--json'],
  ['trust'],
  ['init'],
  ['init', '--global'],
  ['secrets', 'rotate', 'key'],
  ['log', 'archive', '--yes'],
  ['--help'],
  ['run', '--help'],
  ['run', '--no-such-flag', '--', '/bin/true'],
  ['no-such-command'],
]

/** Two at a time: each is a process. */
async function inTurn(world: World, lines: readonly (readonly string[])[]): Promise<Ended[]> {
  const ended: Ended[] = []
  for (let i = 0; i < lines.length; i += 2) {
    ended.push(...(await Promise.all(lines.slice(i, i + 2).map((line) => run(world, line)))))
  }
  return ended
}

async function lookAtEverything(world: World): Promise<Ended[]> {
  const withConfig = LOOKING.map((line) => line.concat('--config', world.config))
  return inTurn(world, [...withConfig, ...ANYWHERE])
}

/** Starts the agent in both ways; the agent itself prints nothing. */
function startBoth(world: World, env: Record<string, string> = {}): Promise<Ended[]> {
  const options = { env }
  return Promise.all([
    runAgent(world, ['/bin/true'], options),
    run(
      world,
      [
        'gateway',
        'run',
        '--config',
        world.config,
        '--agent',
        'a',
        '--log-level',
        'debug',
        '--',
        '/bin/true',
      ],
      options,
    ),
  ])
}

test('the search finds what it is to find', () => {
  const secret = newSecret()
  const { value } = secret
  const encoded: [string, string][] = [
    ['as it is', value],
    ['JSON', JSON.stringify({ key: value })],
    ['URL', encodeURIComponent(value)],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64 after one byte', Buffer.from(`x${value}`).toString('base64')],
    ['base64 after two bytes', Buffer.from(`xx${value}`).toString('base64')],
    ['base64url', Buffer.from(value).toString('base64url')],
    ['hex', Buffer.from(value).toString('hex')],
    ['UTF-16', Buffer.from(value, 'utf16le').toString('latin1')],
    ['a piece', value.slice(value.indexOf('M'), value.indexOf('M') + 12)],
  ]
  for (const [form, text] of encoded) {
    expect([form, formsIn(Buffer.from(text, 'latin1'), secret).length > 0]).toEqual([form, true])
  }
  expect(formsIn(Buffer.from(newSecret().value), secret)).toEqual([])
})

describe('a good path', () => {
  test('from a file, by env and by file, and every command that looks at it', async () => {
    const secret = newSecret()
    const slots = ['key', { secretRef: 'other', delivery: 'file' as const }]
    const world = makeWorld({
      config: configOf(slots),
      secrets: { key: { value: secret.value, expiresAt: '2999-01-01' }, other: secret.value },
    })
    const started = await startBoth(world)
    expect(started.map(({ code, err }) => [code, err.includes('[')])).toEqual([
      [0, false],
      [0, false],
    ])
    const looked = await lookAtEverything(world)
    expectNoLeak(world, secret, [...started, ...looked], ['state/secrets.json'])
  })

  test('from a variable of the caller', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key'], {}, { env: {} }) })
    const started = await startBoth(world, { KEY: secret.value })
    expect(started.map(({ code }) => code)).toEqual([0, 0])
    const why = await run(world, ['why', '--config', world.config], { env: { KEY: secret.value } })
    const doctor = await run(world, ['doctor'], { env: { KEY: secret.value } })
    expectNoLeak(world, secret, [...started, why, doctor], [])
  })
})

describe('a secrets file that is wrong', () => {
  const cases: [what: string, code: string, text: (value: string) => string | Buffer][] = [
    ['cut', 'SECRET_MALFORMED', (v) => `{"key": ${JSON.stringify(v).slice(0, -1)}`],
    ['without quotes', 'SECRET_MALFORMED', (v) => `{"key": ${v}}`],
    ['the value alone', 'SECRET_MALFORMED', (v) => v],
    ['a string alone', 'SECRET_MALFORMED', (v) => JSON.stringify(v)],
    ['with a comma too many', 'SECRET_MALFORMED', (v) => `{"key": ${JSON.stringify(v)},}`],
    ['with a key twice', 'SECRET_MALFORMED', (v) => `{"key": ${JSON.stringify(v)}, "key": ""}`],
    [
      'with the value as a key twice',
      'SECRET_MALFORMED',
      (v) => `{${JSON.stringify(v)}: "", ${JSON.stringify(v)}: ""}`,
    ],
    ['a list', 'SECRET_MALFORMED', (v) => JSON.stringify({ key: [v] })],
    [
      'nested too deep',
      'SECRET_MALFORMED',
      (v) => JSON.stringify({ key: { value: { value: v } } }),
    ],
    [
      'with a date that is none',
      'SECRET_MALFORMED',
      (v) => JSON.stringify({ key: { value: v, expiresAt: v } }),
    ],
    [
      'with a date that has passed',
      'EXPIRED',
      (v) => JSON.stringify({ key: { value: v, expiresAt: '2001-01-01T00:00:00Z' } }),
    ],
    [
      'with bytes that are no UTF-8',
      'SECRET_MALFORMED',
      (v) =>
        Buffer.concat([
          Buffer.from(`{"key": "${'x'.repeat(3)}`),
          Buffer.from([0xff]),
          Buffer.from(v),
        ]),
    ],
    ['without the ref', 'SECRET_NOT_FOUND', (v) => JSON.stringify({ another: v, [v]: 'x' })],
    ['empty', 'SECRET_EMPTY', (v) => JSON.stringify({ key: '', note: v })],
    ['with a NUL', 'SECRET_UNDELIVERABLE', (v) => JSON.stringify({ key: `${v}\0` })],
    ['too large', 'SECRET_TOO_LARGE', (v) => JSON.stringify({ key: v.repeat(5000) })],
  ]
  test.each(cases)('%s', async (_what, code, text) => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']) })
    world.writeSecrets(text(secret.value))
    const started = await startBoth(world)
    for (const { code: exit, err } of started) {
      expect(exit).toBe(125)
      expect(err).toContain(`[${code}]`)
    }
    expectNoLeak(world, secret, started, ['state/secrets.json'])
  })

  test('malformed, and every command that looks at it', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']) })
    world.writeSecrets(`{"key": ${secret.value}`)
    const started = await startBoth(world)
    const looked = await lookAtEverything(world)
    expectNoLeak(world, secret, [...started, ...looked], ['state/secrets.json'])
  })

  test.each(['open to others', 'a link'])('%s', async (how) => {
    const secret = newSecret()
    const world = makeWorld()
    chmodSync(world.dir, 0o755)
    const file = world.write('file', secret.value, 0o644)
    const link = join(world.dir, 'link')
    symlinkSync(file, link)
    world.writeConfig({
      ...configOf(['key']),
      openclaw: {
        gateway: {
          secrets: { refMap: { key: { provider: 'file', path: how === 'a link' ? link : file } } },
        },
      },
    })
    const started = await startBoth(world)
    for (const { err } of started) expect(err).toContain('[FILE_INSECURE]')
    expectNoLeak(world, secret, started, ['file'])
  })
})

/** What every detector knows, put together here so that none finds it in this file. */
function literal({ marker }: Secret): string {
  return ['sk', 'live', marker].join('_')
}

function slot(secretRef: string): object {
  return { agents: { a: { 'tool-bindings': { t: { credentials: { c: { secretRef } } } } } } }
}

describe('a config that holds a credential', () => {
  const cases: [what: string, text: (value: string) => string][] = [
    ['where a ref belongs', (v) => JSON.stringify(slot(v))],
    [
      'in place of a slot',
      (v) =>
        JSON.stringify({ agents: { a: { 'tool-bindings': { t: { credentials: { c: v } } } } } }),
    ],
    ['as a key', (v) => JSON.stringify({ ...slot('key'), [v]: 1 })],
    ['as an agent', (v) => JSON.stringify({ agents: { [v]: {} } })],
    ['as a variable', (v) => JSON.stringify({ agents: { a: { inheritEnv: [`${v}!`] } } })],
    ['in a command', (v) => JSON.stringify({ agents: { a: { command: ['curl', '-H', v] } } })],
    ['in a note', (v) => JSON.stringify({ agents: { a: { description: `use ${v}` } } })],
    [
      'as an option of a provider',
      (v) => JSON.stringify({ secrets: { providers: { exec: { command: '/x', env: { K: v } } } } }),
    ],
    ['as a date', (v) => JSON.stringify(slot('key')).replace('"key"', `"key","expiresAt":"${v}"`)],
    ['beside a mistake of grammar', (v) => `{"agents": {"a": {"name": "${v}" "x"}}}`],
    ['without quotes', (v) => `{agents: {a: {name: ${v}}}}`],
    ['after a quote that is missing', (v) => `{"agents": {"a": {"name": "${v}\n}}}`],
    ['as a key twice', (v) => `{"agents": {"a": {"name": "${v}", "name": "${v}"}}}`],
    ['in a comment', (v) => `{ /* ${v} */ "agents": {"a": {"nmae": "x"}} }`],
    ['as the whole text', (v) => v],
  ]
  test.each(cases)('%s', async (_what, text) => {
    const secret = newSecret()
    const world = makeWorld({ secrets: { key: 'fake-value' } })
    writeFileSync(world.config, text(literal(secret)), { mode: 0o600 })
    const check = await run(world, ['config', 'check', '--config', world.config])
    expect(check.code).toBe(1)
    const ended = await inTurn(world, [
      ['config', 'check', '--json', '--config', world.config],
      ['config', 'show', '--config', world.config],
      ['why', '--agent', 'a', '--config', world.config],
      ['run', '--config', world.config, '--', '/bin/true'],
    ])
    expectNoLeak(world, secret, [check, ...ended], ['config.json'])
  })
})

describe('a value that is typed in the wrong place', () => {
  const cases: [what: string, line: (value: string) => string[]][] = [
    ['as the name', (v) => ['secrets', 'set', v]],
    ['after the name', (v) => ['secrets', 'set', 'key', v]],
    ['behind a flag', (v) => ['secrets', 'set', 'key', `--value=${v}`]],
    ['behind a flag of run', (v) => ['run', `--api-key=${v}`, '--', '/bin/true']],
  ]
  test.each(cases)('%s', async (_what, line) => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']) })
    const ended = await run(world, [...line(literal(secret))])
    expect(ended.code).not.toBe(0)
    expectNoLeak(world, secret, [ended], [])
  })
})

describe('secrets set', () => {
  const cases: [what: string, code: number, text: (value: string) => Buffer][] = [
    ['a good value', 0, (v) => Buffer.from(v)],
    ['with a newline', 0, (v) => Buffer.from(`${v}\n`)],
    ['too large', 1, (v) => Buffer.from(v.repeat(40_000))],
    ['with a NUL', 0, (v) => Buffer.from(`${v}\0`)],
    ['no UTF-8', 1, (v) => Buffer.concat([Buffer.from([0xff]), Buffer.from(v)])],
  ]
  test.each(cases)('%s', async (_what, code, text) => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: {} })
    const ended = await run(world, ['secrets', 'set', 'key', '--config', world.config], {
      stdin: text(secret.value),
    })
    expect([ended.code, ended.err]).toEqual([code, expect.anything()])
    expectNoLeak(world, secret, [ended], ['state/secrets.json'])
  })

  test('over a file that is malformed: it and the new value stay unseen', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']) })
    world.writeSecrets(`{"key": ${secret.value}`)
    const ended = await run(world, ['secrets', 'set', 'key', '--config', world.config], {
      stdin: Buffer.from(secret.value),
    })
    expect(ended.code).toBe(1)
    expectNoLeak(world, secret, [ended], ['state/secrets.json'])
  })
})

describeOnLinux('while secrets set has the value', () => {
  test('it stands in no words and no variables', async () => {
    const secret = newSecret()
    const world = makeWorld({ config: configOf(['key']), secrets: {} })
    const setting = start(world, ['secrets', 'set', 'key', '--config', world.config], {
      stdin: 'pipe',
    })
    setting.child.stdin?.write(secret.value)
    const setter = await until('a setter', () =>
      descendantsOf(setting.pid).find(({ argv }) => argv.some((word) => /\/setter/.test(word))),
    )
    for (const pid of [setting.pid, setter.pid]) {
      for (const file of ['cmdline', 'environ']) {
        expect(formsIn(Buffer.from(procFile(pid, file), 'latin1'), secret)).toEqual([])
      }
    }
    expect(procFile(setter.pid, 'environ')).toBe('')
    setting.child.stdin?.end()
    expect((await setting.ended).code).toBe(0)
  })
})
