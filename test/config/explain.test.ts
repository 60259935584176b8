import { describe, expect, test } from 'vitest'
import { isConfig } from '../../src/config/check.generated.ts'
import { explain, wordsOf } from '../../src/config/explain.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'
import { prune } from '../../src/config/prune.ts'
import { complaints, withSlots } from './helpers.ts'

const exec = (options: object): object => ({
  secrets: { providers: { exec: { command: '/bin/x', ...options } } },
})
const entry = (options: object): object => ({
  environments: { e: { secrets: { r: { provider: 'file', ...options } } } },
})
const ENTRY = 'environments.e.secrets.r'
const EXEC = 'secrets.providers.exec'

describe('every kind of mistake has words of its own', () => {
  test.each([
    [{ agents: [] }, 'agents: must be an object'],
    [{ agents: { a: { command: 'x' } } }, 'agents.a.command: must be a list'],
    [{ agents: { a: { command: [] } } }, 'agents.a.command: must not be empty'],
    [
      { agents: { a: { command: ['\0'] } } },
      'agents.a.command.0: must be text that is not empty and holds no NUL',
    ],
    [{ agents: { a: { lockCommand: 1 } } }, 'agents.a.lockCommand: must be true or false'],
    [{ agents: { a: { name: null } } }, 'agents.a.name: must be text in quotes'],
    [{ agents: { a: { runtime: 'x' } } }, 'agents.a.runtime: must be "agent" or "subagent"'],
    [
      { agents: { '-a': {} } },
      'agents.-a: this key must be a name: a letter or digit first, then letters, digits and . _ / - up to 128',
    ],
    [{ agent: {} }, 'agent.id: "id" is missing'],
    [
      withSlots({ k: {} }),
      'agents.a.tool-bindings.t.credentials.k.secretRef: "secretRef" is missing',
    ],
    [
      withSlots({ k: { secretRef: 'r', envVar: '1A' } }),
      'agents.a.tool-bindings.t.credentials.k.envVar: must be the name of a variable: letters, digits and _, no digit first',
    ],
    [
      { openclaw: { gateway: { environment: 'a/b' } } },
      'openclaw.gateway.environment: must be a name: a letter or digit first, then letters, digits and . _ - up to 64',
    ],
    [entry({ provider: 5 }), `${ENTRY}.provider: must be text in quotes or a list`],
    [entry({ provider: [] }), `${ENTRY}.provider: must not be empty`],
    [entry({ provider: [5] }), `${ENTRY}.provider.0: must be text in quotes or an object`],
    [entry({ provider: [{}] }), `${ENTRY}.provider.0.provider: "provider" is missing`],
    [entry({ provider: undefined }), `${ENTRY}.provider: "provider" is missing`],
    [entry({ fallbackOn: ['x'] }), `${ENTRY}.fallbackOn.0: must be "unavailable" or "not-found"`],
    [exec({ command: 'x' }), `${EXEC}.command: must be an absolute path`],
    [exec({ timeoutMs: 0 }), `${EXEC}.timeoutMs: must be at least 1`],
    [exec({ timeoutMs: 120_001 }), `${EXEC}.timeoutMs: must be at most 120000`],
    [exec({ timeoutMs: 1.5 }), `${EXEC}.timeoutMs: must be a whole number`],
    [exec({ args: ['a'.repeat(1025)] }), `${EXEC}.args.0: must be at most 1024 characters long`],
    [
      exec({ passEnv: Array.from({ length: 129 }, () => 'A') }),
      `${EXEC}.passEnv: must be at most 128 entries long`,
    ],
    [
      exec({ env: { '1': 'x' } }),
      `${EXEC}.env.1: this key must be the name of a variable: letters, digits and _, no digit first`,
    ],
    [
      { secrets: { providers: { mine: { type: 'nope' } } } },
      'secrets.providers.mine.type: this is no known provider type',
    ],
    [
      { secrets: { providers: { file: { type: 'env' } } } },
      'secrets.providers.file.type: must be "file"',
    ],
    [
      { secrets: { providers: { vault: { address: 'ftp://x' } } } },
      'secrets.providers.vault.address: must be https://HOST, or http://127.0.0.1:PORT for a server on this machine',
    ],
    ...[
      'http://localhost@aws.example',
      `https://user:${['fake', 'word'].join('-')}@aws.example`,
    ].map((endpoint): [object, string] => [
      { secrets: { providers: { 'aws-ssm': { endpoint } } } },
      'secrets.providers.aws-ssm.endpoint: must name no user and no password: what stands before the @ would be shown wherever the address is',
    ]),
    [
      { secrets: { providers: { 'aws-ssm': { endpoint: 'https://aws.example/x?y=z' } } } },
      'secrets.providers.aws-ssm.endpoint: must have no query and no fragment: what stands behind the ? or # does not belong here',
    ],
    ...['http://aws.example', 'http://127.0.0.1.example', 'http://localhosts'].map(
      (endpoint): [object, string] => [
        { secrets: { providers: { 'aws-ssm': { endpoint } } } },
        'secrets.providers.aws-ssm.endpoint: must begin with https://, or with http:// and this machine',
      ],
    ),
  ])('%j', async (document, complaint) => {
    expect(await complaints(document)).toEqual([`CONFIG_INVALID ${complaint}`])
  })
})

test('a rotation driver is told from a provider', () => {
  const [problem] = explain(entry({ provider: 'store', rotate: { driver: 'generat' } }))
  expect(problem).toMatchObject({
    message: 'this is no known rotation driver',
    hint: 'did you mean "generate"?',
  })
})

describe('an unknown key', () => {
  test.each([
    [{ agents: { a: { toolBindings: {} } } }, 'did you mean "tool-bindings"?'],
    [{ agents: { a: { on_failure: 1 } } }, undefined],
    [{ openclaw: { gateway: { secrets: { refmap: {} } } } }, 'did you mean "refMap"?'],
    [withSlots({ k: { secretRef: 'r', envvar: 'X' } }), 'did you mean "envVar"?'],
    [entry({ provider: [{ provider: 'env', traget: 'X' }] }), 'did you mean "target"?'],
    [
      { secrets: { providers: { mine: { type: 'exec', command: '/x', arg: [] } } } },
      'did you mean "args"?',
    ],
    [
      { zzzzzzzzz: 1 },
      'known here: secrets, agent, agents, environments, targets, alerts, openclaw',
    ],
  ])('%j: %s', (document, hint) => {
    const problems = explain(document)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toMatch(/^".+" is not known here$/)
    if (hint !== undefined) expect(problems[0]?.hint).toBe(hint)
  })
})

describe('what is left of a document with mistakes', () => {
  test('is a config without the parts that did not fit', () => {
    const document = {
      zzz: 1,
      agent: { restart: 'never' },
      agents: {
        good: { command: ['a'], name: 5 },
        bad: [],
        tools: {
          command: ['x', 5, 'y'],
          'tool-bindings': {
            t: { credentials: { k: { note: 'no ref' }, l: { secretRef: 'r' } } },
            u: {},
          },
        },
      },
      environments: {
        e: { secrets: { r: { provider: [{ path: 'x' }] }, s: { provider: 'file' } } },
      },
    }
    const before = structuredClone(document)
    const rest = prune(document, explain(document))
    expect(isConfig(rest)).toBe(true)
    expect(rest).toEqual({
      agents: {
        good: { command: ['a'] },
        tools: { 'tool-bindings': { t: { credentials: { l: { secretRef: 'r' } } } } },
      },
      environments: { e: { secrets: { s: { provider: 'file' } } } },
    })
    expect(document).toEqual(before)
  })

  test.each([[null], [[]], ['text'], [5]])('%j has none', (document) => {
    expect(prune(document, explain(document))).toBeUndefined()
  })
})

/** Wherever one stands, for values and for keys. */
function patternsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, inner]) =>
    key === 'pattern' && typeof inner === 'string' ? [inner] : patternsIn(inner),
  )
}

test('no pattern of the schema is shown to anybody: each has words', () => {
  const patterns = [...new Set(patternsIn(jsonSchema()))]
  expect(patterns.length).toBeGreaterThan(10)
  expect(patterns.filter((pattern) => wordsOf(pattern) === undefined)).toEqual([])
})

test.each([
  ['before', 'a week'],
  ['every', '90 d'],
  ['every', '7days'],
  ['grace', '1.5h'],
  ['before', '0d'],
])('a duration that is none, "%s": "%s", is told how one looks', async (key, text) => {
  const rotate = { [key]: text }
  expect(await complaints(entry({ rotate }))).toEqual([
    `CONFIG_INVALID ${ENTRY}.rotate.${key}: must be a length of time such as "7d", "90d" or "12h": a whole number with s, m, h or d behind it`,
  ])
})
