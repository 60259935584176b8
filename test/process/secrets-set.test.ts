/** `secrets set` as a user meets it: on a terminal, from a pipe, interrupted, and looked at from outside. */
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { skipLoudly } from '../values/loud.ts'
import {
  configOf,
  descendantsOf,
  eventsOf,
  isAlive,
  isLinux,
  makeWorld,
  procFile,
  recordsOf,
  run,
  start,
  until,
  type Process,
  type Running,
  type World,
} from './support.ts'
import { hasTerminal, inShell } from './terminal.ts'

const VALUE = ['fake', 'value', 'Zq7xW2'].join('-')
const PROMPT = /value for stripe-api-key \(not shown\): /

function world(): World {
  return makeWorld({ config: configOf(['stripe-api-key']) })
}

function words(w: World, ...more: string[]): string[] {
  return ['secrets', 'set', 'stripe-api-key', '--config', w.config, ...more]
}

/** What lies in the secrets file; `undefined` where nothing does. */
function stored(w: World, key = 'stripe-api-key'): unknown {
  if (!existsSync(w.secrets)) return undefined
  return JSON.parse(readFileSync(w.secrets, 'utf8'))[key]?.value
}

function setterOf(running: Running): Process | undefined {
  return descendantsOf(running.pid).find(({ argv }) =>
    argv.some((word) => /\/setter(?:\.cjs|\/main\.ts)$/.test(word)),
  )
}

function needProc(context: TestContext): void {
  if (!isLinux) skipLoudly(context, 'processes of secrets set', 'there is no /proc')
}

function needTerminal(context: TestContext): void {
  if (!hasTerminal) skipLoudly(context, 'secrets set on a terminal', 'python3 is missing')
}

describe('from a pipe', () => {
  test('stores it, says where, and records it without the value', async () => {
    const w = world()
    const ended = await run(w, words(w), { stdin: Buffer.from(`${VALUE}\n`) })
    expect(ended).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining(
        `stored stripe-api-key in file ${w.secrets} (key stripe-api-key)\n`,
      ),
    })
    expect(ended.err).not.toContain(VALUE)
    expect(stored(w)).toBe(VALUE)
    expect(eventsOf(w)).toEqual(['log.opened', 'secret.intent', 'secret.written'])
    const [, intent, written] = recordsOf(w)
    expect(written).toMatchObject({
      ref: 'stripe-api-key',
      provider: 'file',
      environment: 'default',
      config: expect.stringMatching(/^[0-9a-f]{64}$/),
      secret: {
        fingerprint: expect.stringMatching(/^hmac-sha256:[0-9a-f]{32}$/),
        version: expect.any(String),
      },
      detail: intent?.detail,
    })
    expect(readFileSync(w.home.auditLog, 'utf8')).not.toContain(VALUE)
  })

  test.each([
    ['one newline goes', 'fake\n', 'fake'],
    ['one CR LF goes', 'fake\r\n', 'fake'],
    ['only one newline goes', 'fake\n\n', 'fake\n'],
    ['a CR alone stays', 'fake\r', 'fake\r'],
    ['lines stay', 'fake-1\nfake-2\n', 'fake-1\nfake-2'],
    ['spaces stay', ' \tfake ', ' \tfake '],
    ['NUL stays', 'fa\0ke', 'fa\0ke'],
  ])('%s', async (_, given, expected) => {
    const w = world()
    const ended = await run(w, words(w), { stdin: Buffer.from(given) })
    expect(ended.code).toBe(0)
    expect(stored(w)).toBe(expected)
    expect(ended.err.includes('NUL byte')).toBe(given.includes('\0'))
  })

  test('any bytes and 1 MiB go into a file of their own, and come back out of it', async () => {
    const w = makeWorld({
      config: {
        ...configOf(['stripe-api-key']),
        openclaw: {
          gateway: {
            secrets: { refMap: { 'stripe-api-key': { provider: 'file', path: 'own.key' } } },
          },
        },
      },
    })
    const value = Buffer.alloc(1024 * 1024 - 1, Buffer.from([0xff, 0, 0x80, 0x0a]))
    const ended = await run(w, words(w), { stdin: Buffer.concat([value, Buffer.from('\n')]) })
    expect(ended.err).toContain(`stored stripe-api-key in file ${join(w.dir, 'own.key')}\n`)
    expect(readFileSync(join(w.dir, 'own.key')).equals(value)).toBe(true)
  })

  test.each([
    ['nothing', Buffer.alloc(0), 'SECRET_EMPTY', 'empty'],
    ['a newline alone', Buffer.from('\n'), 'SECRET_EMPTY', 'empty'],
    ['too much', Buffer.alloc(1024 * 1024 + 1, 'x'), 'SECRET_TOO_LARGE', 'too-large'],
    ['what JSON cannot hold', Buffer.from([0x66, 0xff]), 'SECRET_MALFORMED', 'not-utf8'],
  ])('%s is refused, and what was there stays', async (_, stdin, code, reason) => {
    const w = world()
    w.writeSecrets({ 'stripe-api-key': { value: 'fake-old' } })
    const ended = await run(w, words(w), { stdin })
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err).toContain(`nothing was stored: `)
    expect(ended.err).toContain(`[${code}]`)
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.failed', code, reason })
    expect(stored(w)).toBe('fake-old')
  })

  test('a closed stdin and /dev/null are no value', async () => {
    const w = world()
    expect(await run(w, words(w))).toMatchObject({ code: 1 })
    const shell = ['/bin/sh', '-c', '"$@" <&-', 'shell']
    expect((await run(w, words(w), { through: shell })).err).toContain('SECRET_EMPTY')
    expect(stored(w)).toBeUndefined()
  })

  test('a key keeps the spelling that the file has', async () => {
    const w = world()
    w.writeSecrets({ stripe_api_key: { value: 'fake-old' } })
    const ended = await run(w, words(w), { stdin: Buffer.from(VALUE) })
    expect(ended.err).toContain('(key stripe_api_key)')
    expect(stored(w, 'stripe_api_key')).toBe(VALUE)
  })

  test('a signal while the pipe is open ends both, by that signal', async (context) => {
    needProc(context)
    const w = world()
    const running = start(w, words(w), { stdin: 'pipe' })
    running.child.stdin?.write(VALUE)
    const setter = await until('a setter', () => setterOf(running))
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(isAlive(setter.pid)).toBe(false)
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.failed', reason: 'cancelled' })
    expect(stored(w)).toBeUndefined()
  })

  test('a signal that kills the setter before it can hear one is a cancel too', async (context) => {
    needProc(context)
    const w = world()
    const running = start(w, words(w), { stdin: 'pipe' })
    const setter = await until('a setter', () => setterOf(running))
    // Its first deeds take longer than this; should it be faster one day, it reports the same.
    process.kill(setter.pid, 'SIGINT')
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGINT', err: '' })
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.failed', reason: 'cancelled' })
  })

  test('when control is killed, the setter stores nothing and goes', async (context) => {
    needProc(context)
    const w = world()
    const running = start(w, words(w), { stdin: 'pipe' })
    running.child.stdin?.write(VALUE)
    const setter = await until('a setter', () => setterOf(running))
    running.child.kill('SIGKILL')
    await until('the end of the setter', () => !isAlive(setter.pid))
    expect(stored(w)).toBeUndefined()
  })

  test('when the setter is killed, that is said and recorded', async (context) => {
    needProc(context)
    const w = world()
    const running = start(w, words(w), { stdin: 'pipe' })
    const setter = await until('a setter', () => setterOf(running))
    process.kill(setter.pid, 'SIGKILL')
    const ended = await running.ended
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.err).toContain('ended without an answer [PROVIDER_INVALID]')
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.failed', reason: 'died' })
  })
})

describe('seen from outside', () => {
  test('the value is in the setter alone, which inherits nothing and dumps no core', async (context) => {
    needProc(context)
    const w = world()
    const running = start(w, words(w), { stdin: 'pipe' })
    running.child.stdin?.write(VALUE)
    const setter = await until('a setter', () => setterOf(running))
    await until('the value in the setter', () => copiesIn(setter.pid, VALUE) === 1)
    expect(copiesIn(running.pid, VALUE)).toBe(0)
    expect(procFile(setter.pid, 'environ')).toBe('')
    expect(procFile(setter.pid, 'coredump_filter').trim()).toBe('00000000')
    expect(groupOf(setter.pid)).toBe(groupOf(running.pid))
    running.child.stdin?.end()
    expect((await running.ended).code).toBe(0)
    expect(stored(w)).toBe(VALUE)
  })

  test('NODE_OPTIONS reaches control and never the setter', async () => {
    const w = world()
    const seen = w.write('seen', '')
    const hook = w.write(
      'hook.cjs',
      `require('node:fs').appendFileSync(${JSON.stringify(seen)}, process.argv[1] + '\\n')`,
    )
    const env = { NODE_OPTIONS: `--require ${hook}` }
    expect((await run(w, words(w), { stdin: Buffer.from(VALUE), env })).code).toBe(0)
    const programs = readFileSync(seen, 'utf8').trim().split('\n')
    expect(programs.length).toBeGreaterThan(0)
    expect(programs.filter((path) => path.includes('setter'))).toEqual([])
  })

  test('no durable log, no setter', async () => {
    const w = world()
    mkdirSync(w.home.auditLog)
    const ended = await run(w, words(w), { stdin: Buffer.from(VALUE) })
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.err).toContain('[AUDIT_UNAVAILABLE]')
    expect(stored(w)).toBeUndefined()
    // The setter's first deed would be this key.
    expect(existsSync(w.home.fingerprintKey)).toBe(false)
  })

  test('a config that was merely found is asked for nothing', async () => {
    const w = world()
    w.write('found/secretref.json', readFileSync(w.config))
    const ended = await run(w, ['secrets', 'set', 'stripe-api-key'], {
      stdin: Buffer.from(VALUE),
      cwd: join(w.dir, 'found'),
    })
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.err).toContain('[CONFIG_UNTRUSTED]')
    expect(readdirSync(w.home.dir)).toEqual([])
  })

  test('a fingerprint key that others can read is told before the value is read', async () => {
    const w = world()
    mkdirSync(w.home.keys, { mode: 0o700 })
    writeFileSync(w.home.fingerprintKey, Buffer.alloc(32, 1), { mode: 0o644 })
    const running = start(w, words(w), { stdin: 'pipe' })
    const ended = await running.ended
    expect(ended.err).toContain(`the key for fingerprints ${w.home.fingerprintKey} cannot be used`)
    expect(ended.err).toContain('[FILE_INSECURE]')
    expect(stored(w)).toBeUndefined()
  })
})

/** Does `act` as soon as the prompt is there. @returns what the terminal showed */
async function prompted(
  w: World,
  act: (running: Running) => void | Promise<void>,
  env: Record<string, string> = {},
): Promise<string> {
  const running = start(w, words(w), { stdin: 'pipe', through: inShell, env })
  await running.says(PROMPT)
  await act(running)
  await running.says(/code=/)
  running.child.stdin?.end('fake-marker\n')
  const { out } = await running.ended
  expect(out).toContain('terminal=restored')
  // Nothing of what was typed or pasted is left for the shell.
  expect(out).toContain('next=<fake-marker>')
  return out
}
const type =
  (text: string) =>
  (running: Running): void => {
    running.child.stdin?.write(text)
  }

describe('on a terminal', () => {
  test('asks, shows nothing of what is typed, and stores it', async (context) => {
    needTerminal(context)
    const w = world()
    const out = await prompted(w, type(`${VALUE}\r`))
    expect(out).toContain('code=0')
    expect(out).toContain('stored stripe-api-key in file')
    expect(out).not.toContain(VALUE)
    expect(stored(w)).toBe(VALUE)
  })

  test('Backspace takes a character, Ctrl-U all, an arrow key nothing', async (context) => {
    needTerminal(context)
    const w = world()
    const out = await prompted(
      w,
      type('wrong\u0015fake-é世\u007f\u007f\u001b[De\u001bOA-x\u007fy\r'),
    )
    expect(out).toContain('code=0')
    expect(stored(w)).toBe('fake-e-y')
  })

  test('Ctrl-C stores nothing and ends by SIGINT', async (context) => {
    needTerminal(context)
    const w = world()
    const out = await prompted(w, type(`${VALUE}\u0003`))
    expect(out).toContain('code=130')
    expect(out).not.toContain(VALUE)
    expect(stored(w)).toBeUndefined()
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.failed', reason: 'cancelled' })
  })

  test('Ctrl-D and Return alone are no value', async (context) => {
    needTerminal(context)
    for (const key of ['\u0004', '\r']) {
      const w = world()
      const out = await prompted(w, type(key))
      expect(out).toContain('code=1')
      expect(out).toContain('[SECRET_EMPTY]')
    }
  })

  test('a paste of more than one line is refused, and nothing of it reaches the shell', async (context) => {
    needTerminal(context)
    const w = world()
    const lines = Array.from({ length: 2000 }, (_, i) => `fake-line-${i}`).join('\r')
    const out = await prompted(w, type(`${lines}\r`))
    expect(out).toContain('code=1')
    expect(out).toContain('more than one line [SECRET_MALFORMED]')
    expect(out).not.toContain('fake-line')
    expect(stored(w)).toBeUndefined()
  })

  test('a marked paste is one whole, however slowly it comes', async (context) => {
    needTerminal(context)
    const w = world()
    const out = await prompted(
      w,
      async (running) => {
        type('\u001b[200~fake-one\r')(running)
        await new Promise((resolve) => setTimeout(resolve, 500))
        type('fake-two\r\u001b[201~')(running)
      },
      { TERM: 'xterm' },
    )
    expect(out).toContain('\u001b[?2004h')
    expect(out).toContain('\u001b[?2004l')
    expect(out).toContain('more than one line [SECRET_MALFORMED]')
    expect(stored(w)).toBeUndefined()
  })

  test('a marked paste of one line is stored without its marks', async (context) => {
    needTerminal(context)
    const w = world()
    const out = await prompted(w, type(`\u001b[200~${VALUE}\u001b[201~\r`), { TERM: 'xterm' })
    expect(out).toContain('code=0')
    expect(stored(w)).toBe(VALUE)
  })

  test.for([
    ['control', 'SIGTERM', 143],
    ['setter', 'SIGTERM', 143],
    ['setter', 'SIGHUP', 129],
    ['control', 'SIGKILL', 137],
    ['setter', 'SIGKILL', 1],
  ] as const)(
    'the terminal is as it was when %s gets %s',
    async ([whom, signal, code], context) => {
      needTerminal(context)
      needProc(context)
      const w = world()
      const out = await prompted(w, async (running) => {
        type(VALUE)(running)
        const setter = await until('a setter', () => setterOf(running))
        await until('the value in the setter', () => copiesIn(setter.pid, VALUE) > 0)
        process.kill(whom === 'setter' ? setter.pid : setter.parent, signal)
      })
      expect(out).toContain(`code=${code}`)
      expect(out).not.toContain(VALUE)
      expect(stored(w)).toBeUndefined()
    },
  )
})

function groupOf(pid: number): string | undefined {
  const stat = procFile(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]
}

/** How often `text` stands in the readable memory of a process. */
function copiesIn(pid: number, text: string): number {
  const wanted = Buffer.from(text)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  let copies = 0
  try {
    for (const line of procFile(pid, 'maps').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? []
      if (from === undefined || to === undefined || line.includes('[v')) continue
      copies += countIn(memory, Number.parseInt(from, 16), Number.parseInt(to, 16), wanted)
    }
  } finally {
    closeSync(memory)
  }
  return copies
}

function countIn(memory: number, from: number, to: number, wanted: Buffer): number {
  const chunk = Buffer.alloc(Math.min(to - from, 4 * 1024 * 1024))
  let copies = 0
  for (let at = from; at < to; at += chunk.length - wanted.length) {
    let length: number
    try {
      length = readSync(memory, chunk, 0, Math.min(chunk.length, to - at), at)
    } catch {
      // Reserved, and not there.
      return copies
    }
    for (let i = chunk.indexOf(wanted); i !== -1 && i < length; i = chunk.indexOf(wanted, i + 1)) {
      copies += 1
    }
    if (at + length >= to || length === 0) break
  }
  return copies
}
