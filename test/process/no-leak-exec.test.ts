/** A provider's program that says its value in every wrong place: nothing of what it says is passed on. */
import { expect, test } from 'vitest'
import { expectNoLeak, newSecret } from './leaks.ts'
import { configOf, makeWorld, run, runAgent } from './support.ts'

const answer = (fields: object): string => JSON.stringify({ protocolVersion: 1, ...fields })

/** What the program does; `$V` is the file that holds the value, `$A` the file that holds an answer. */
const CASES: [what: string, code: string, script: string, answer: (value: string) => string][] = [
  [
    'a good answer, and the value on stderr',
    '',
    'cat "$V" >&2; cat "$A"',
    (v) => answer({ values: { key: v } }),
  ],
  [
    'exit code 3',
    'PROVIDER_INVALID',
    'cat "$V" "$A"; cat "$V" >&2; exit 3',
    (v) => answer({ values: { key: v } }),
  ],
  [
    'ended by a signal',
    'PROVIDER_INVALID',
    'cat "$V" "$A"; cat "$V" >&2; kill -SEGV $$',
    (v) => answer({ values: { key: v } }),
  ],
  [
    'too slow',
    'TIMEOUT',
    'cat "$V" >&2; cat "$A"; sleep 30',
    (v) => answer({ values: { key: v } }),
  ],
  [
    'in an error',
    'PROVIDER_INVALID',
    'cat "$A"',
    (v) => answer({ values: {}, errors: { key: { code: v, message: v } } }),
  ],
  [
    'in an error that says not found',
    'SECRET_NOT_FOUND',
    'cat "$A"',
    (v) => answer({ values: {}, errors: { key: { code: 'NOT_FOUND', message: v } } }),
  ],
  ['no JSON', 'PROVIDER_INVALID', 'cat "$V"', () => ''],
  ['cut JSON', 'PROVIDER_INVALID', 'cat "$A"', (v) => answer({ values: { key: v } }).slice(0, -2)],
  ['under another name', 'PROVIDER_INVALID', 'cat "$A"', (v) => answer({ values: { another: v } })],
  ['as the name', 'PROVIDER_INVALID', 'cat "$A"', (v) => answer({ values: { [v]: 'x' } })],
  [
    'as the version of the protocol',
    'PROVIDER_INVALID',
    'cat "$A"',
    (v) => JSON.stringify({ protocolVersion: v, values: { key: v } }),
  ],
  ['as a list', 'SECRET_MALFORMED', 'cat "$A"', (v) => answer({ values: { key: [v] } })],
  [
    'twice',
    'PROVIDER_INVALID',
    'cat "$A"',
    (v) => `{"protocolVersion":1,"values":{"key":${JSON.stringify(v)},"key":${JSON.stringify(v)}}}`,
  ],
  ['more than it may', 'PROVIDER_INVALID', 'cat "$V"; head -c 300000 /dev/zero', () => ''],
]

test.each(CASES)('%s', async (_what, code, script, text) => {
  const secret = newSecret()
  const world = makeWorld()
  const value = world.write('value', secret.value)
  const file = world.write('answer.json', text(secret.value))
  const command = world.write('program', `#!/bin/sh\nV='${value}' A='${file}'\n${script}\n`, 0o700)
  const provider = { type: 'exec', command, timeoutMs: 1000, maxOutputBytes: 100_000 }
  world.writeConfig(configOf(['key'], {}, { vend: provider }))
  const line = ['--config', world.config, '--agent', 'a', '--log-level', 'debug', '--', '/bin/true']
  const started = await Promise.all([
    runAgent(world, ['/bin/true']),
    run(world, ['gateway', 'run', ...line]),
  ])
  for (const ended of started) {
    expect(ended.code).toBe(code === '' ? 0 : 125)
    if (code !== '') expect(ended.err).toContain(`[${code}]`)
  }
  const looked = await Promise.all([
    run(world, ['log', 'show', '--json']),
    run(world, ['gateway', 'status', '--config', world.config, '--secrets', '--json']),
  ])
  expectNoLeak(world, secret, [...started, ...looked], ['value', 'answer.json'])
})
