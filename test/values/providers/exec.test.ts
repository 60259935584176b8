import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest'
import type { Context, Outcome, Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/exec.ts'
import { isWaySafe } from '../../../src/values/providers/exec/way.ts'
import { isRoot, skipLoudly } from '../loud.ts'
import { ABSENT, bytesOf, conformance, contextOf, expectSafe, only } from './conformance.ts'
import { privateFolder } from './folder.ts'

const VALUE = 'fake-value-of-FAKE_ONE'
const ID = { path: 'FAKE_ONE' }

/** A program of ours: a shell script, in a folder of its own. */
function program(script: string): string {
  const path = join(privateFolder(), 'resolver')
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  return path
}

/** A program that reads the request and gives always the same answer. */
function answering(answer: unknown): string {
  const command = program('/bin/cat >request.json; exec /bin/cat answer')
  const bytes =
    typeof answer === 'string' || Buffer.isBuffer(answer) ? answer : JSON.stringify(answer)
  writeFileSync(join(dirname(command), 'answer'), bytes)
  return command
}

function open(options: Record<string, unknown>, more: Partial<Context> = {}): Promise<Session> {
  return provider.open(options, contextOf(more))
}

async function ask(options: Record<string, unknown>, at = ID): Promise<Outcome> {
  const session = await open(options)
  const outcome = await only(session, at)
  if (outcome.kind !== 'value') expectSafe(outcome, [Buffer.from(VALUE)])
  await session.close()
  return outcome
}

async function answered(answer: unknown, more: Record<string, unknown> = {}): Promise<Outcome> {
  return ask({ command: answering(answer), ...more })
}

const good = (values: Record<string, unknown>, errors?: unknown) => ({
  protocolVersion: 1,
  values,
  ...(errors === undefined ? {} : { errors }),
})

conformance('exec', {
  provider,
  carries: 'UTF-8',
  open: async (values, signal) => {
    const entries = Array.from(values, ([name, value]) => [name, value.toString()])
    const answer = good(Object.fromEntries(entries), { [ABSENT]: { code: 'NOT_FOUND' } })
    const command = answering(answer)
    return { session: await open({ command }, signal ? { signal } : {}), at: (path) => ({ path }) }
  },
  unavailable: async () => ({
    session: await open({ command: join(privateFolder(), 'none') }),
    at: ID,
  }),
  denied: async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    chmodSync(command, 0o722)
    return { session: await open({ command }), at: ID }
  },
  hanging: async (signal) => ({
    session: await open(
      { command: program('exec /bin/sleep 600'), timeoutMs: 120_000 },
      { signal },
    ),
    at: ID,
  }),
})

function ids(count: number, length: number): { path: string }[] {
  return Array.from({ length: count }, (_, i) => ({ path: `${i}`.padEnd(length, 'x') }))
}

describe('the request', () => {
  test('is OpenClaw’s, with each id once', async () => {
    const command = answering(
      good({ 'gateway/token': 'fake-1', 'providers/openai/apiKey': 'fake-2' }),
    )
    const session = await open({ command }, { name: 'ours' })
    const asked = ['gateway/token', 'providers/openai/apiKey', 'gateway/token', '../x', '']
    const outcomes = await session.get(asked.map((path) => ({ path })))
    expect(readFileSync(join(dirname(command), 'request.json'), 'utf8')).toBe(
      '{"protocolVersion":1,"provider":"ours","ids":["gateway/token","providers/openai/apiKey"]}',
    )
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'value',
      'value',
      'value',
      'malformed',
      'malformed',
    ])
  })

  test.each(['a', 'aws/secret#json_key', 'a:b', '0', 'x'.repeat(256)])(
    '%s is an id',
    async (path) => {
      const outcome = await ask({ command: answering(good({ [path]: 'fake-1' })) }, { path })
      expect(outcome.kind).toBe('value')
    },
  )

  test.each([
    '',
    '-a',
    '/a',
    '.a',
    '#a',
    'a/../b',
    'a/.',
    './a',
    'a b',
    'ä',
    'x'.repeat(257),
    '__proto__',
  ])('%j is none, and nothing is run for it', async (path) => {
    const command = answering(good({ [path]: VALUE }))
    expect(await ask({ command }, { path })).toMatchObject({ reason: 'bad-name' })
    expect(existsSync(join(dirname(command), 'request.json'))).toBe(false)
  })

  test('has at most 512 ids and 256 KiB', async () => {
    const command = answering(good({}))
    const session = await open({ command })
    for (const items of [ids(513, 10), ids(512, 256).concat(ids(512, 255))]) {
      for (const outcome of await session.get(items)) {
        expect(outcome).toMatchObject({ code: 'PROVIDER_INVALID', reason: 'too-large' })
      }
    }
    expect(existsSync(join(dirname(command), 'request.json'))).toBe(false)
    const [outcome] = await session.get(ids(512, 256))
    expect(outcome).toMatchObject({ reason: 'id-missing' })
  })

  test('need not be read: a broken pipe is no failure', async () => {
    const answer = JSON.stringify(good({ FAKE_ONE: VALUE }))
    const command = program(`exec 0<&-; echo '${answer}'`)
    const session = await open({ command })
    const filler = Array.from({ length: 500 }, (_, i) => ({ path: `${i}`.padEnd(256, 'x') }))
    const [outcome] = await session.get([ID, ...filler])
    expect(bytesOf(outcome).toString()).toBe(VALUE)
  })

  test('costs one call of the budget; without one, nothing is run', async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    const calls: number[] = []
    const session = await open({ command }, { spend: (n) => calls.push(n) < 2 })
    await session.get([ID, { path: 'FAKE_TWO' }])
    expect(calls).toEqual([1])
    expect(await only(session, ID)).toMatchObject({ kind: 'unavailable', reason: 'budget' })
  })
})

describe('the answer', () => {
  test('extra ids and keys are ignored, white space and a byte order mark too', async () => {
    const answer = JSON.stringify({ ...good({ FAKE_ONE: VALUE, other: {} }), extra: [1] })
    expect(bytesOf(await answered(`\u{feff} \n${answer}\n\n`)).toString()).toBe(VALUE)
  })

  test('an error wins over a value', async () => {
    const outcome = await answered(good({ FAKE_ONE: VALUE }, { FAKE_ONE: { code: 'NOT_FOUND' } }))
    expect(outcome).toEqual({ kind: 'absent', code: 'SECRET_NOT_FOUND', reason: 'id-not-found' })
  })

  test.each([
    [{ code: 'AMBIGUOUS_DUPLICATE_KEY' }, 'SECRET_MALFORMED', 'id-ambiguous'],
    [{ code: 'DENIED', message: VALUE }, 'PROVIDER_INVALID', 'id-error'],
    [{ code: 'not_found' }, 'PROVIDER_INVALID', 'id-error'],
    [{ code: 404 }, 'PROVIDER_INVALID', 'id-error'],
    [{ message: VALUE }, 'PROVIDER_INVALID', 'id-error'],
    [VALUE, 'PROVIDER_INVALID', 'id-error'],
    [null, 'PROVIDER_INVALID', 'id-error'],
  ])('the error %j is final', async (error, code, reason) => {
    const outcome = await answered(good({}, { FAKE_ONE: error }))
    expect(outcome).toEqual({ kind: 'malformed', code, reason })
  })

  test.each([[null], [[]], ['fake'], [false]])('errors that are %j are none', async (errors) => {
    const outcome = await answered(good({ FAKE_ONE: VALUE }, errors))
    expect(bytesOf(outcome).toString()).toBe(VALUE)
  })

  test('one id’s error is not another’s', async () => {
    const command = answering(good({ FAKE_TWO: 'fake-2' }, { FAKE_ONE: { code: 'DENIED' } }))
    const outcomes = await (await open({ command })).get([ID, { path: 'FAKE_TWO' }, { path: 'X' }])
    expect(outcomes.map((o) => (o.kind === 'value' ? o.value.toString() : o.reason))).toEqual([
      'id-error',
      'fake-2',
      'id-missing',
    ])
  })

  test('the second spelling counts only where the first is said not to be there', async () => {
    const at = { path: 'fake-one', alias: 'fake_one' }
    const absent = { 'fake-one': { code: 'NOT_FOUND' } }
    const command = answering(good({ fake_one: 'fake-2' }, absent))
    expect(bytesOf(await ask({ command }, at)).toString()).toBe('fake-2')
    expect(await ask({ command: answering(good({ fake_one: 'fake-2' })) }, at)).toMatchObject({
      reason: 'id-missing',
    })
  })

  test.each([
    ['no JSON', `${VALUE} is no JSON`],
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['a list', JSON.stringify([VALUE])],
    ['a string', JSON.stringify(VALUE)],
    ['protocol version 2', { protocolVersion: 2, values: { FAKE_ONE: VALUE } }],
    ['protocol version "1"', { protocolVersion: '1', values: { FAKE_ONE: VALUE } }],
    ['no protocol version', { values: { FAKE_ONE: VALUE } }],
    ['no values', { protocolVersion: 1, FAKE_ONE: VALUE }],
    ['values that are a list', { protocolVersion: 1, values: [VALUE] }],
    ['a cut answer', JSON.stringify(good({ FAKE_ONE: VALUE })).slice(0, -1)],
    ['two answers', JSON.stringify(good({ FAKE_ONE: VALUE })).repeat(2)],
    ['a duplicate key', `{"protocolVersion":1,"values":{"FAKE_ONE":"${VALUE}","FAKE_ONE":"x"}}`],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
  ])('%s is a bad answer, and not quoted', async (_, answer) => {
    expect(await answered(answer)).toEqual({
      kind: 'malformed',
      code: 'PROVIDER_INVALID',
      reason: 'bad-answer',
    })
  })

  test.each([[12345678], [null], [{ value: VALUE }], [[VALUE]], [true]])(
    'the value %j is no string',
    async (value) => {
      expect(await answered(good({ FAKE_ONE: value }))).toMatchObject({
        code: 'SECRET_MALFORMED',
        reason: 'not-a-string',
      })
    },
  )

  test('a version of 1.0 is 1', async () => {
    const answer = `{"protocolVersion":1.0,"values":{"FAKE_ONE":"${VALUE}"}}`
    expect(bytesOf(await answered(answer)).toString()).toBe(VALUE)
  })
})

describe('jsonOnly: false', () => {
  const plain = { jsonOnly: false }
  test.each([
    ['text', `  ${VALUE}\n`, VALUE],
    ['a JSON string', `"fake\\u002dvalue"\n`, 'fake-value'],
    ['a protocol answer', JSON.stringify(good({ FAKE_ONE: VALUE })), VALUE],
    ['something that begins like JSON', `{${VALUE}`, `{${VALUE}`],
  ])('with one id, %s is the value', async (_, answer, value) => {
    expect(bytesOf(await answered(answer, plain)).toString()).toBe(value)
  })

  test('with one id, the bytes arrive as they are', async () => {
    const value = Buffer.from([0xff, 0, 0x80, 0x61])
    expect(bytesOf(await answered(value, plain)).equals(value)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['a number', '12345678'],
    ['a list', '["fake"]'],
    ['an object that is no answer', JSON.stringify({ type: 'service_account' })],
    ['an answer with a duplicate key', `{"protocolVersion":1,"values":{"a":"${VALUE}","a":"x"}}`],
  ])('with one id, %s is a bad answer', async (_, answer) => {
    expect(await answered(answer, plain)).toMatchObject({ reason: 'bad-answer' })
  })

  test('with two ids, text is a bad answer for both', async () => {
    const session = await open({ command: answering(VALUE), ...plain })
    const outcomes = await session.get([ID, { path: 'FAKE_TWO' }])
    expect(outcomes).toMatchObject([{ reason: 'bad-answer' }, { reason: 'bad-answer' }])
  })

  test('one id that is asked for twice is one id', async () => {
    const session = await open({ command: answering(VALUE), ...plain })
    const [first, second] = (await session.get([ID, ID])).map(bytesOf)
    first?.fill(0)
    expect(second?.toString()).toBe(VALUE)
  })
})

describe('the program', () => {
  test('runs in its own folder, with its arguments, without a shell', async () => {
    const command = program(
      `printf '{"protocolVersion":1,"values":{"FAKE_ONE":"%s|%s|%s|%s"}}' "$PWD" "$#" "$1" "$2"`,
    )
    const outcome = await ask({ command, args: ['$(id)', 'a b;c'] })
    expect(bytesOf(outcome).toString()).toBe(`${dirname(command)}|2|$(id)|a b;c`)
  })

  test('has an environment of passEnv and env alone; env wins', async () => {
    const command = program(`/usr/bin/env >environment; exec /bin/cat answer`)
    writeFileSync(join(dirname(command), 'answer'), JSON.stringify(good({ FAKE_ONE: VALUE })))
    const options = {
      command,
      passEnv: ['FAKE_PASSED', 'FAKE_BOTH', 'FAKE_NONE'],
      env: { FAKE_BOTH: 'fixed', FAKE_FIXED: 'é' },
    }
    const env = new Map([
      ['FAKE_PASSED', Buffer.from('fake-passed')],
      ['FAKE_BOTH', Buffer.from('fake-passed')],
      ['FAKE_OTHER', Buffer.from('fake-other')],
    ])
    expect(provider.spec.env(options, [])).toEqual(options.passEnv)
    const session = await open(options, { env })
    expect(bytesOf(await only(session, ID)).toString()).toBe(VALUE)
    const lines = readFileSync(join(dirname(command), 'environment'), 'utf8')
      .trim()
      .split('\n')
    // What a shell sets by itself.
    const own = /^(PWD|OLDPWD|SHLVL|_)=/
    expect(lines.filter((line) => !own.test(line)).toSorted()).toEqual([
      'FAKE_BOTH=fixed',
      'FAKE_FIXED=é',
      'FAKE_PASSED=fake-passed',
    ])
  })

  test('is not run with a variable that would arrive changed', async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    const env = new Map([['FAKE_PASSED', Buffer.from([0xff])]])
    const session = await open({ command, passEnv: ['FAKE_PASSED'] }, { env })
    expect(await only(session, ID)).toMatchObject({ kind: 'malformed', reason: 'not-utf8' })
  })

  test.each([
    ['exit 3', 'exit-code'],
    ['exit 255', 'exit-code'],
    ['kill -9 $$', 'killed'],
    ['kill -TERM $$', 'killed'],
  ])('%s: %s, whatever it said before', async (end, reason) => {
    const command = program(`echo '${JSON.stringify(good({ FAKE_ONE: VALUE }))}'; ${end}`)
    expect(await ask({ command })).toEqual({
      kind: 'malformed',
      code: 'PROVIDER_INVALID',
      reason,
      place: command,
    })
  })

  test('that is not there, or that no system can start, is an outage', async () => {
    const folder = privateFolder()
    const place = join(folder, 'none')
    const outage = { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'not-startable' }
    expect(await ask({ command: place })).toEqual({ ...outage, place })
    writeFileSync(place, 'no program', { mode: 0o600 })
    expect(await ask({ command: place })).toEqual({ ...outage, place })
    writeFileSync(`${place}.2`, '#!/no/such/interpreter\n', { mode: 0o700 })
    expect(await ask({ command: `${place}.2` })).toEqual({ ...outage, place: `${place}.2` })
  })

  test('with an argument that no program can have is a mistake, not an outage', async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    expect(await ask({ command, args: ['a\0b'] })).toMatchObject({ kind: 'malformed' })
  })

  test.each(['relative', './relative', '', 1, undefined])('%j is not absolute', async (command) => {
    expect(await ask({ command })).toMatchObject({ kind: 'malformed', reason: 'not-absolute' })
  })
})

async function refused(command: string, reason: string, more = {}): Promise<void> {
  expect(await ask({ command, ...more })).toEqual({
    kind: 'denied',
    code: 'FILE_INSECURE',
    reason,
    place: command,
  })
  expect(existsSync(join(dirname(command), 'request.json'))).toBe(false)
}

describe('a program that others could have put there', () => {
  test('a symbolic link and a folder are refused', async () => {
    const link = join(privateFolder(), 'link')
    symlinkSync(answering(good({ FAKE_ONE: VALUE })), link)
    await refused(link, 'symlink')
    await refused(dirname(link), 'not-a-regular-file')
  })

  test.each([0o720, 0o702, 0o777])('mode %o is refused', async (mode) => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    chmodSync(command, mode)
    await refused(command, 'mode')
  })

  test('mode 755 is fine', async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    chmodSync(command, 0o755)
    expect((await ask({ command })).kind).toBe('value')
  })

  test('another user’s is refused', async (context) => {
    if (!isRoot) skipLoudly(context, 'another user’s program', 'only root can make one')
    const command = answering(good({ FAKE_ONE: VALUE }))
    chownSync(command, 65534, 65534)
    await refused(command, 'wrong-owner')
  })

  describe('in a folder that others can write, it could be swapped', () => {
    test.each([0o770, 0o707, 0o2775])('mode %o is refused, beside it and above', async (mode) => {
      const above = privateFolder()
      const beside = join(above, 'bin')
      mkdirSync(beside)
      const command = join(beside, 'resolver')
      copyFileSync(answering(good({ FAKE_ONE: VALUE })), command)
      for (const dir of [above, beside]) {
        chmodSync(dir, mode)
        await refused(command, 'folder-writable')
        chmodSync(dir, 0o755)
      }
    })

    test('a sticky one is fine: what is ours stays in its place', async () => {
      const command = answering(good({ FAKE_ONE: VALUE }))
      chmodSync(dirname(command), 0o1777)
      expect((await ask({ command })).kind).toBe('value')
    })

    test('one of another user’s is refused', async (context) => {
      if (!isRoot) skipLoudly(context, 'another user’s folder', 'only root can make one')
      const command = answering(good({ FAKE_ONE: VALUE }))
      chownSync(dirname(command), 65534, 65534)
      await refused(command, 'folder-writable')
    })

    test('links on the way count, and where they lead', async () => {
      const command = answering(good({ FAKE_ONE: VALUE }))
      const between = privateFolder()
      const closed = privateFolder()
      symlinkSync(dirname(command), join(between, 'out'))
      symlinkSync(join(between, 'out'), join(closed, 'one'))
      symlinkSync('one', join(closed, 'two'))
      symlinkSync('self', join(closed, 'self'))
      const way = join(closed, 'two', 'resolver')
      expect((await ask({ command: way })).kind).toBe('value')
      rmSync(join(dirname(command), 'request.json'))
      chmodSync(between, 0o777)
      await refused(way, 'folder-writable')
      expect(await isWaySafe(join(closed, 'self', 'x'))).toBe(false)
    })
  })

  test('root’s is fine for everybody', async () => {
    // `cat` echoes the request: an object, and no answer.
    expect(await ask({ command: realCat() })).toMatchObject({ reason: 'bad-answer' })
  })

  test('it must lie in one of the trusted folders, where there are any', async () => {
    const command = answering(good({ FAKE_ONE: VALUE }))
    const dir = dirname(command)
    const other = privateFolder()
    const link = join(other, 'link')
    symlinkSync(dir, link)
    for (const trusted of [dir, dirname(dir), '/', link]) {
      const outcome = await ask({ command, trustedDirs: [other, '/no/such/folder', trusted] })
      expect(outcome.kind).toBe('value')
    }
    const beside = answering(good({ FAKE_ONE: VALUE }))
    for (const trustedDirs of [
      [],
      [other],
      [`${dirname(beside)}x`],
      [beside],
      [join(beside, 'x')],
    ]) {
      await refused(beside, 'outside-trusted-dirs', { trustedDirs })
    }
    // A link inside a trusted folder leads out of it.
    mkdirSync(join(other, 'trusted'))
    symlinkSync(dirname(beside), join(other, 'trusted', 'out'))
    await refused(join(other, 'trusted', 'out', 'resolver'), 'outside-trusted-dirs', {
      trustedDirs: [join(other, 'trusted')],
    })
  })
})

/** Where `cat` really lies. */
function realCat(): string {
  return existsSync('/usr/bin/cat') ? '/usr/bin/cat' : '/bin/cat'
}

describe('limits', () => {
  test.each([
    ['stdout', '/usr/bin/head -c 2097152 /dev/zero'],
    ['stderr', '/usr/bin/head -c 2097152 /dev/zero >&2'],
    [
      'both together',
      'for n in 1 2 3; do /usr/bin/head -c 400000 /dev/zero; /usr/bin/head -c 200000 /dev/zero >&2; done',
    ],
  ])('2 MiB on %s is too much', async (_, script) => {
    const command = program(`${script}; exec /bin/sleep 600`)
    expect(await ask({ command })).toEqual({
      kind: 'malformed',
      code: 'PROVIDER_INVALID',
      reason: 'output-too-large',
      place: command,
    })
  })

  test('maxOutputBytes counts to the byte, stderr included, and stderr is never part of the answer', async () => {
    const answer = JSON.stringify(good({ FAKE_ONE: VALUE }))
    const command = program(`printf 1234567890 >&2; printf '%s' '${answer}'`)
    const exact = answer.length + 10
    expect((await ask({ command, maxOutputBytes: exact })).kind).toBe('value')
    expect(await ask({ command, maxOutputBytes: exact - 1 })).toMatchObject({
      reason: 'output-too-large',
    })
  })

  test('timeoutMs ends a program that talks for ever', async () => {
    const command = program('while :; do echo x; /bin/sleep 0.01; done')
    expect(await ask({ command, timeoutMs: 300 })).toEqual({
      kind: 'unavailable',
      code: 'TIMEOUT',
      reason: 'timeout',
      place: command,
    })
  })

  test('noOutputTimeoutMs ends a silent one, and only a silent one', async () => {
    const silent = program('exec /bin/sleep 600')
    expect(await ask({ command: silent, noOutputTimeoutMs: 200 })).toEqual({
      kind: 'unavailable',
      code: 'TIMEOUT',
      reason: 'no-output',
      place: silent,
    })
    const answer = JSON.stringify(good({ FAKE_ONE: VALUE }))
    const talking = program(
      `for n in 1 2 3 4 5 6; do echo x >&2; /bin/sleep 0.3; done; echo '${answer}'`,
    )
    const outcome = await ask({ command: talking, noOutputTimeoutMs: 1500 })
    expect(outcome.kind).toBe('value')
  })
})

async function gone(context: TestContext, command: string): Promise<void> {
  if (!existsSync('/proc/self/stat')) skipLoudly(context, 'who is left', 'no /proc')
  const pids = readFileSync(join(dirname(command), 'pids'), 'utf8')
    .trim()
    .split('\n')
  expect(pids).toHaveLength(4)
  await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([])
}

describe('nothing of a program is left', () => {
  /** Starts children that would hold the pipes for ten minutes, and says who they are. */
  const FAMILY = `
    (/bin/sleep 600; :) & echo $! >>pids
    /bin/sh -c '/bin/sleep 600 & echo $! >>pids; echo $$ >>pids; wait' &
    while [ "$(/usr/bin/wc -l <pids)" -lt 3 ]; do /bin/sleep 0.01; done
    echo $$ >>pids`

  test('after a timeout', async (context) => {
    const command = program(`${FAMILY}; wait`)
    expect(await ask({ command, timeoutMs: 2000 })).toMatchObject({ reason: 'timeout' })
    await gone(context, command)
  })

  test('after too much output', async (context) => {
    const command = program(`${FAMILY}; /usr/bin/head -c 2000 /dev/zero; wait`)
    expect(await ask({ command, maxOutputBytes: 1000 })).toMatchObject({
      reason: 'output-too-large',
    })
    await gone(context, command)
  })

  test('after an abort, and after the session was closed', async (context) => {
    for (const how of ['abort', 'close'] as const) {
      const command = program(`${FAMILY}; wait`)
      const controller = new AbortController()
      const session = await open({ command }, { signal: controller.signal })
      const answer = only(session, ID)
      const pids = join(dirname(command), 'pids')
      await expect
        .poll(() => existsSync(pids) && readFileSync(pids, 'utf8').split('\n').length, {
          timeout: 10_000,
        })
        .toBe(5)
      if (how === 'abort') controller.abort()
      else await session.close()
      expect(await answer).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' })
      await gone(context, command)
    }
  })

  test('after an early end that leaves them with the pipes: the answer counts at once', async (context) => {
    const answer = JSON.stringify(good({ FAKE_ONE: VALUE }))
    const command = program(`${FAMILY}; printf '%s' '${answer}'; exit 0`)
    const outcome = await ask({ command, timeoutMs: 60_000 })
    expect(bytesOf(outcome).toString()).toBe(VALUE)
    await gone(context, command)
  })

  test('one that has fled into a session of its own does not keep us waiting', async (context) => {
    const setsid = '/usr/bin/setsid'
    if (!existsSync(setsid) || !existsSync('/proc/self/fd')) {
      skipLoudly(context, 'a program that flees', `no ${setsid} or no /proc`)
    }
    const answer = JSON.stringify(good({ FAKE_ONE: VALUE }))
    const command = program(`
      ${setsid} /bin/sh -c 'echo $$ >pids; exec /bin/sleep 600' &
      while [ ! -s pids ]; do /bin/sleep 0.01; done
      printf '%s' '${answer}'`)
    const before = descriptors()
    try {
      expect(await ask({ command, timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
      await expect.poll(descriptors, { timeout: 5000 }).toBe(before)
    } finally {
      process.kill(Number(readFileSync(join(dirname(command), 'pids'), 'utf8')), 'SIGKILL')
    }
  })
})

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Zombies, whom only their parent can bury, are not alive. */
function isAlive(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

test('a group is killed at its leader’s end and never later: its number may be another’s by then', async (context) => {
  const setsid = '/usr/bin/setsid'
  if (!existsSync(setsid)) skipLoudly(context, 'late kills', 'no setsid')
  const kill = vi.spyOn(process, 'kill')
  onTestFinished(() => kill.mockRestore())
  // Who has a session of its own holds the pipe open until the timeout.
  const command = program(
    `${setsid} /bin/sh -c 'echo >away; exec /bin/sleep 5' & while [ ! -e away ]; do :; done`,
  )
  expect(await ask({ command, timeoutMs: 600 })).toMatchObject({ reason: 'timeout' })
  expect(kill.mock.calls.filter(([pid]) => pid < 0)).toHaveLength(1)
})
