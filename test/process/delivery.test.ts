/** From a secrets file to a running agent, through the command line: every byte, or a refusal in words. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MAX_VARIABLE_BYTES } from '../../src/values/deliver/script.ts'
import {
  configOf,
  describeOnLinux,
  environment,
  eventsOf,
  isLinux,
  makeWorld,
  PRINT_ENVIRONMENT,
  recordsOf,
  run,
  runAgent,
  type Ended,
  type World,
} from './support.ts'

/** Node prints these bytes of these variables' files; the agent has them by path only. */
const PRINT_FILE = ['/bin/sh', '-c', 'cat "$KEY_FILE"'] as const

/** One raw file a ref, as bytes; `delivery` for all of them. */
function rawWorld(
  values: Readonly<Record<string, Buffer>>,
  delivery: 'env' | 'file' = 'env',
): World {
  const refs = Object.keys(values)
  const world = makeWorld()
  const refMap = Object.fromEntries(
    refs.map((ref) => [
      ref,
      { provider: 'file', path: world.write(`raw/${ref}`, values[ref] ?? '') },
    ]),
  )
  world.writeConfig({
    ...configOf(refs.map((secretRef) => ({ secretRef, delivery }))),
    openclaw: { gateway: { secrets: { refMap } } },
  })
  return world
}

/** Nothing was started, nothing printed, and the reason is on stderr and on record. */
function expectRefused(world: World, ended: Ended, code: string, ...words: string[]): void {
  expect({ code: ended.code, out: ended.out }).toEqual({ code: 125, out: '' })
  expect(ended.err).toContain(`[${code}]`)
  for (const word of words) expect(ended.err).toContain(word)
  const events = eventsOf(world)
  expect(events).toContain('grant.failed')
  for (const event of ['grant.released', 'grant.delivered', 'run.started']) {
    expect(events).not.toContain(event)
  }
}

describeOnLinux('by env', () => {
  test('text of a JSON file arrives byte by byte', async () => {
    const values: Record<string, string> = {
      newline: 'first\nsecond\n\n',
      quotes: `it's "quoted" 'twice' \\ and \\\\`,
      code: '$(echo no) `echo no` ${HOME} $((1+1)) ; exit 3\n}\nexec echo no',
      emoji: '🔑 令牌 é \u202e',
      controls: Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join(''),
      pem: `-----BEGIN FAKE KEY-----\n${randomBytes(48).toString('base64')}\n-----END FAKE KEY-----\n`,
      large: 'invented '.repeat(11_000),
    }
    const refs = Object.keys(values)
    const world = makeWorld({ config: configOf(refs), secrets: values })
    const ended = await runAgent(world, PRINT_ENVIRONMENT)
    expect(ended.err).toBe('')
    expect(ended.code).toBe(0)
    const arrived = environment(ended.stdout)
    for (const ref of refs) expect(arrived.get(ref.toUpperCase())?.toString()).toBe(values[ref])
  })

  test('any bytes of a raw file arrive, and of the trailing newlines one is the editor’s', async () => {
    const every = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1))
    const world = rawWorld({
      every,
      invalid: Buffer.from([0xff, 0xc3, 0x28, 0x80]),
      rows: Buffer.from('a\n\n\n'),
    })
    const ended = await runAgent(world, PRINT_ENVIRONMENT)
    expect(ended.err).toBe('')
    const arrived = environment(ended.stdout)
    expect(arrived.get('EVERY')?.equals(every)).toBe(true)
    expect(arrived.get('INVALID')).toEqual(Buffer.from([0xff, 0xc3, 0x28, 0x80]))
    expect(arrived.get('ROWS')?.toString()).toBe('a\n\n')
  })

  test('the caller’s variables arrive as bytes too', async () => {
    const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
    const odd = `it's\n$(echo no)\n`
    const ended = await runAgent(world, PRINT_ENVIRONMENT, {
      env: { ODD: odd, KEY: 'of the shell' },
    })
    const arrived = environment(ended.stdout)
    expect(arrived.get('ODD')?.toString()).toBe(odd)
    expect(arrived.get('KEY')?.toString()).toBe('fake-value')
  })

  test('131,071 bytes with name and =, and not one more', async () => {
    const room = MAX_VARIABLE_BYTES - 'KEY='.length
    const fits = makeWorld({ config: configOf(['key']), secrets: { key: 'v'.repeat(room) } })
    const arrived = environment((await runAgent(fits, PRINT_ENVIRONMENT)).stdout)
    expect(arrived.get('KEY')?.length).toBe(room)

    const larger = makeWorld({ config: configOf(['key']), secrets: { key: 'v'.repeat(room + 1) } })
    const ended = await runAgent(larger, PRINT_ENVIRONMENT)
    expectRefused(larger, ended, 'SECRET_TOO_LARGE', '"delivery": "file"', 'KEY_FILE')
  })

  test('a NUL is refused, and the words name the way out', async () => {
    const json = makeWorld({ config: configOf(['key']), secrets: { key: 'a\u0000b' } })
    const words = ['"delivery": "file"', 'KEY_FILE', 'NUL']
    expectRefused(json, await runAgent(json, PRINT_ENVIRONMENT), 'SECRET_UNDELIVERABLE', ...words)
    const raw = rawWorld({ key: Buffer.from('a\0b') })
    expectRefused(raw, await runAgent(raw, PRINT_ENVIRONMENT), 'SECRET_UNDELIVERABLE', ...words)
  })

  test('2 MB from a program are refused, and the words name file delivery', async () => {
    const world = makeWorld()
    const answer = JSON.stringify({ protocolVersion: 1, values: { key: 'v'.repeat(2_000_000) } })
    const file = world.write('answer.json', answer)
    const program = world.write('program', `#!/bin/sh\nexec /bin/cat '${file}'\n`, 0o700)
    const provider = { type: 'exec', command: program, maxOutputBytes: 4_000_000 }
    world.writeConfig(configOf(['key'], {}, { vend: provider }))
    const ended = await runAgent(world, PRINT_ENVIRONMENT)
    expectRefused(world, ended, 'SECRET_TOO_LARGE', '"delivery": "file"')
  })

  test('a secrets file beyond 1 MiB is refused', async () => {
    const world = rawWorld({ key: Buffer.alloc(2_000_000, 'v') })
    expectRefused(world, await runAgent(world, PRINT_ENVIRONMENT), 'SECRET_TOO_LARGE', '1 MiB')
  })

  test('what does not fit into one environment is refused before anything is launched', async () => {
    const refs = Array.from({ length: 24 }, (_, i) => `key-${i}`)
    const world = rawWorld(Object.fromEntries(refs.map((ref) => [ref, Buffer.alloc(100_000, 'v')])))
    const ended = await runAgent(world, ['/bin/echo', 'started'])
    expectRefused(world, ended, 'SECRET_TOO_LARGE', 'does not fit', '"delivery": "file"')
    const failed = recordsOf(world).filter(({ event }) => event === 'grant.failed')
    // As few as need be, so that the words say how many are too many.
    expect(failed.length).toBeGreaterThan(1)
    expect(failed.length).toBeLessThan(8)
  })

  test('arguments take of the same room', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`key-${i}`, Buffer.alloc(100_000, 'v')]),
    )
    const world = rawWorld(values)
    const words = Array.from({ length: 14 }, () => 'w'.repeat(100_000))
    const few = await runAgent(world, ['/bin/echo', ...words.slice(0, 5)])
    expect(few.err).toBe('')
    expect(few.code).toBe(0)
    const many = await runAgent(rawWorld(values), ['/bin/echo', ...words])
    expect({ code: many.code, out: many.out }).toEqual({ code: 125, out: '' })
    expect(many.err).toContain('does not fit')
  })
})

describe('by file', () => {
  test('any bytes, NUL included, as they are', async () => {
    const value = Buffer.concat([randomBytes(300), Buffer.from([0, 0, 0x0a, 0x27, 0])])
    const world = rawWorld({ key: value }, 'file')
    const ended = await runAgent(world, PRINT_FILE)
    expect(ended.err).toBe('')
    expect(ended.stdout.equals(value)).toBe(true)
  })

  test('1 MiB, and not one byte more', async () => {
    const value = Buffer.concat([randomBytes(1024 * 1024 - 1), Buffer.from('v')])
    const world = rawWorld({ key: value }, 'file')
    expect((await runAgent(world, PRINT_FILE)).stdout.equals(value)).toBe(true)

    const larger = rawWorld({ key: Buffer.concat([value, Buffer.from('v')]) }, 'file')
    const ended = await runAgent(larger, PRINT_FILE)
    expectRefused(larger, ended, 'SECRET_TOO_LARGE', '1 MiB')
  })

  test.runIf(isLinux)('nothing but the path is in the environment', async () => {
    const world = makeWorld({
      config: configOf([{ secretRef: 'key', delivery: 'file' }]),
      secrets: { key: 'fake-value-in-a-file' },
    })
    const ended = await runAgent(world, PRINT_ENVIRONMENT)
    expect(ended.out).not.toContain('fake-value-in-a-file')
    const arrived = environment(ended.stdout)
    expect(arrived.has('KEY')).toBe(false)
    const path = arrived.get('KEY_FILE')?.toString() ?? ''
    expect(path).toMatch(/^\/.*\/0-KEY$/)
    expect(existsSync(path)).toBe(false)
  })
})

test('the words after -- and the agent’s own exit code are untouched', async () => {
  const world = makeWorld({ config: configOf(['key']), secrets: { key: 'fake-value' } })
  const line = ['--config', world.config, '--agent', 'a', '--']
  const agent = 'printf "%s\\0" "$@"; cat; exit 42'
  const words = ['', '--', '-s', 'a b', `'`, '$(echo no)', '令牌']
  const ended = await run(world, ['run', ...line, '/bin/sh', '-c', agent, 'name', ...words], {
    stdin: Buffer.from('echo stolen\nexit 3\n'),
  })
  expect(ended.out).toBe(`${words.join('\0')}\0echo stolen\nexit 3\n`)
  expect(ended.code).toBe(42)
})
