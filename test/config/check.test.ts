/** The generated checker and zod must say the same about any document. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isConfig } from '../../src/config/check.generated.ts'
import { isNode, keysAt } from '../../src/config/node.ts'
import { PROVIDER_OPTIONS } from '../../src/config/providers.generated.ts'
import { configSchema } from '../../src/config/schema.ts'
import { block } from './helpers.ts'

/** A document that uses every key there is, so that a mutation can hit each. */
const FULL = {
  $schema: './schema.json',
  secrets: {
    providers: {
      file: { path: 'a', format: 'raw' },
      env: {},
      exec: {
        command: '/bin/x',
        args: ['a'],
        timeoutMs: 1,
        noOutputTimeoutMs: 2,
        maxOutputBytes: 3,
        jsonOnly: true,
        env: { A: 'b' },
        passEnv: ['A'],
        trustedDirs: ['/bin'],
      },
      vault: {
        type: 'vault',
        address: 'https://v',
        namespace: 'n',
        engine: 'kv',
        mount: 'm',
        kv: 1,
        field: 'f',
        auth: {
          method: 'approle',
          mount: 'm',
          tokenFile: 'a',
          roleId: 'b',
          roleIdFile: 'c',
          secretIdFile: 'd',
          secretIdWrapped: true,
          role: 'e',
          jwtFile: 'g',
        },
        caCert: 'h',
        clientCert: 'i',
        clientKey: 'j',
        tlsServerName: 'k',
        timeoutMs: 1,
        callsPerMinute: 2,
        auditPrefix: 'l/',
      },
      'aws-secrets-manager': {
        region: 'r',
        profile: 'p',
        endpoint: 'https://e',
        timeoutMs: 1,
        callsPerMinute: 2,
        field: 'f',
        auditPrefix: 'm/',
      },
      'aws-ssm': {
        region: 'r',
        profile: 'p',
        endpoint: 'http://127.0.0.1:1',
        timeoutMs: 1,
        callsPerMinute: 2,
        auditPrefix: 'n/',
      },
      store: { path: 's', identity: 'i', passphraseFile: 'p' },
      keychain: { service: 's' },
      mine: { type: 'exec', command: '/bin/y' },
      other: { type: 'file', path: 'b' },
    },
  },
  agent: { id: 'one' },
  agents: {
    a: {
      name: 'A',
      description: 'B',
      runtime: 'agent',
      capabilities: ['t'],
      'auth-profiles': { t: { required: true, 'on-failure': 'deny-and-log' } },
      'tool-bindings': {
        t: {
          required: false,
          service: 's',
          credentials: {
            k: {
              secretRef: 'r',
              envVar: 'E',
              delivery: 'file',
              pathInEnvVar: true,
              expiresAt: '2027-01-01',
              deprecationDate: '2027-01-01T00:00:00Z',
              note: '',
            },
          },
        },
      },
      command: ['c'],
      cwd: 'd',
      inheritEnv: ['V'],
      lockCommand: true,
      subagents: ['a'],
      schedule: '* * * * *',
      timezone: 'UTC',
      restart: 'never',
    },
  },
  environments: {
    production: {
      inherit: true,
      secrets: {
        r: {
          provider: 'vault',
          path: 'p',
          rotate: {
            driver: 'postgres-users',
            users: ['a', 'b'],
            before: '7d',
            every: '90d',
            window: 'Sun 02:00-05:00 Europe/Berlin',
            grace: '2h',
            admin: { secretRef: 'o' },
          },
        },
        q: { provider: 'vault', rotate: { every: '1d' } },
      },
    },
  },
  alerts: {
    slack: { token: { secretRef: 's' }, channel: '#c' },
    webhooks: { w: { url: 'https://w', secret: { secretRef: 's' } } },
    commands: { c: { command: ['/bin/c', 'd'] } },
    routes: [
      { events: ['rotation.*'], severity: 'info', environments: ['production'], to: ['slack'] },
    ],
  },
  openclaw: {
    gateway: {
      environment: 'production',
      secrets: {
        refMap: {
          r: {
            provider: [
              'file',
              { provider: 'env', target: 'T', path: 'p', field: 'f', version: '1' },
            ],
            target: 't',
            field: 'f',
            version: 'v',
            required: true,
            note: 'n',
            fallbackOn: ['unavailable', 'not-found'],
          },
        },
        'active-provider': 'vault',
        fallback: ['vault', { provider: 'file' }],
        fallbackOn: ['unavailable'],
      },
    },
  },
}

const SEEDS = [
  FULL,
  ...(['1.2.json', '2.2.json', '3.2.json', '4.2.json'] as const).map((name): unknown =>
    JSON.parse(block(name)),
  ),
]

/** Words of the schema and values near its limits, which random text would hardly ever hit. */
const word = fc.constantFrom(
  '',
  'type',
  'file',
  'exec',
  'vault',
  'guided',
  'generate',
  'provider',
  'secretRef',
  'credentials',
  'constructor',
  'toString',
  'a/b.c',
  '-',
  'deny-and-alert',
  'always',
  '2027-02-31',
  '2027-01-01T00:00',
  'a'.repeat(64),
  'a'.repeat(65),
  'a'.repeat(128),
  'a'.repeat(129),
  'a\u0000',
  '/abs',
  'http://x',
  'http://localhost',
  'line\n',
)
const leaf = fc.oneof(
  word,
  fc.constantFrom(0, 1, -1, 1.5, 120_000, 120_001, 1e300, true, false, null),
  fc.string({ maxLength: 8 }),
  fc.constantFrom<unknown>([], {}, ['file'], [{}], { provider: 'file' }, { type: 'exec' }),
)

/** Every object and list of a document. */
function nodesOf(tree: unknown): Record<string | number, unknown>[] {
  return isNode(tree) ? [tree, ...Object.values(tree).flatMap(nodesOf)] : []
}

interface Edit {
  node: number
  entry: number
  act: 'replace' | 'remove' | 'add' | 'rename'
  key: string
  value: unknown
}

const edit: fc.Arbitrary<Edit> = fc.record({
  node: fc.nat(200),
  entry: fc.nat(20),
  act: fc.constantFrom('replace', 'replace', 'remove', 'add', 'rename'),
  key: fc.oneof(word, fc.string({ maxLength: 6 })),
  value: leaf,
})

function apply(tree: unknown, { node, entry, act, key, value }: Edit): void {
  const nodes = nodesOf(tree)
  const target = nodes[node % nodes.length]
  if (target === undefined) return
  const keys = Object.keys(target)
  const chosen = keys[entry % Math.max(1, keys.length)]
  if (act === 'add' || chosen === undefined) {
    if (Array.isArray(target)) target.push(structuredClone(value))
    else if (key !== '__proto__') target[key] = structuredClone(value)
    return
  }
  if (act === 'replace') target[chosen] = structuredClone(value)
  else if (Array.isArray(target)) target.splice(Number(chosen), 1)
  else {
    const old = target[chosen]
    delete target[chosen]
    if (act === 'rename' && key !== '__proto__') target[key] = old
  }
}

function same(document: unknown): boolean {
  return isConfig(document) === configSchema.safeParse(document).success
}

describe('the generated checker', () => {
  test('knows every option of every provider, and every key of the seeds', () => {
    for (const seed of SEEDS) expect(isConfig(seed)).toBe(true)
    for (const [type, options] of Object.entries(PROVIDER_OPTIONS)) {
      const written = keysAt(FULL, ['secrets', 'providers', type]).filter((key) => key !== 'type')
      expect(written.toSorted()).toEqual(keysAt(options, ['properties']).toSorted())
    }
  })

  test('agrees with zod on mutated configs, and is not always of one mind', () => {
    const verdicts = new Set<boolean>()
    fc.assert(
      fc.property(
        fc.constantFrom(...SEEDS),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (seed, edits) => {
          const document: unknown = structuredClone(seed)
          for (const one of edits) apply(document, one)
          verdicts.add(isConfig(document))
          return same(document)
        },
      ),
      { numRuns: 1500 },
    )
    expect(verdicts).toEqual(new Set([true, false]))
  })

  test('agrees with zod on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => same(document)),
      { numRuns: 300 },
    )
  })

  test('agrees with zod when one leaf of the full document is anything', () => {
    const count = nodesOf(FULL).length
    fc.assert(
      fc.property(fc.nat(count - 1), fc.nat(15), leaf, (node, entry, value) => {
        const document = structuredClone(FULL)
        apply(document, { node, entry, act: 'replace', key: '', value })
        return same(document)
      }),
      { numRuns: 1500 },
    )
  })
})
