/** Production on AWS: a real moto, the whole command line. */
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AWS_ENVIRONMENT, moto, startMoto, type Moto } from '../servers/moto.ts'
import { copiesIn } from './scan-memory.ts'
import {
  CLI,
  descendantsOf,
  environment,
  eventsOf,
  isLinux,
  makeWorld,
  PRINT_ENVIRONMENT,
  recordsOf,
  ROOT,
  run,
  runAgent,
  start,
  until,
  type World,
} from './support.ts'

const binary = moto('runs against a real AWS')
/** In every value of this file: what is looked for in memory. */
const MARKER = randomBytes(24).toString('base64url')
let aws: Moto

beforeAll(async () => {
  if (binary !== undefined) aws = await startMoto(binary)
}, 30_000)
beforeEach(async () => {
  if (binary === undefined) return
  await aws.reset()
  const settings = {
    endpoint: aws.endpoint,
    region: AWS_ENVIRONMENT['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'fake-test', secretAccessKey: 'fake-test-key' },
  }
  const secrets = new SecretsManagerClient(settings)
  await secrets.send(
    new CreateSecretCommand({
      Name: 'prod/stripe',
      SecretString: JSON.stringify({ 'api-key': `fake-${MARKER}-of-secrets-manager` }),
    }),
  )
  for (const Name of ['prod/old-secret', 'others/secret']) {
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'fake' }))
  }
  const parameters = new SSMClient(settings)
  for (const Name of ['/prod/old-parameter', '/others/parameter']) {
    await parameters.send(new PutParameterCommand({ Name, Value: 'fake', Type: 'String' }))
  }
  await parameters.send(
    new PutParameterCommand({
      Name: '/prod/slack-token',
      Value: `fake-${MARKER}-of-parameter-store`,
      Type: 'SecureString',
    }),
  )
  for (const client of [secrets, parameters]) client.destroy()
})
afterAll(() => aws?.stop())

/** One agent with a credential from each of the two. */
function world(endpoint: string, agent: object = {}): World {
  const made = makeWorld({
    config: {
      agents: {
        a: {
          'tool-bindings': {
            t: {
              required: true,
              credentials: {
                stripe: { secretRef: 'stripe-api-key' },
                slack: { secretRef: 'slack-token' },
              },
            },
          },
          ...agent,
        },
      },
      secrets: {
        providers: {
          'aws-secrets-manager': { endpoint, auditPrefix: 'prod/' },
          parameters: { type: 'aws-ssm', endpoint, auditPrefix: '/prod/' },
        },
      },
      openclaw: {
        gateway: {
          secrets: {
            refMap: {
              'stripe-api-key': {
                provider: 'aws-secrets-manager',
                path: 'prod/stripe',
                field: 'api-key',
              },
              'slack-token': { provider: 'parameters', path: '/prod/slack-token' },
            },
          },
        },
      },
    },
  })
  Object.assign(made.env, AWS_ENVIRONMENT)
  return made
}

describe.skipIf(binary === undefined)('against moto', () => {
  test('an agent gets a credential of each, and nothing of the gateway’s own', async () => {
    const at = world(aws.endpoint)
    const ended = await runAgent(at, PRINT_ENVIRONMENT)
    expect(ended.err).toBe('')
    const given = environment(ended.stdout)
    expect(given.get('STRIPE_API_KEY')?.toString()).toBe(`fake-${MARKER}-of-secrets-manager`)
    expect(given.get('SLACK_TOKEN')?.toString()).toBe(`fake-${MARKER}-of-parameter-store`)
    expect([...given.keys()].filter((name) => name.startsWith('AWS_'))).toEqual([])
    expect(given.get('HOME')?.toString()).toBe(at.env['HOME'])
    const said = JSON.stringify(recordsOf(at))
    for (const secret of [
      MARKER,
      ...Object.values(AWS_ENVIRONMENT).filter((v) => v.includes('key')),
    ])
      expect(said).not.toContain(secret)
  })

  test('gateway audit lists the names below "auditPrefix", and tells those that no ref points to', async () => {
    const at = world(aws.endpoint)
    const audit = ['gateway', 'audit', '--secrets', '--unused-only', '--config', at.config]
    expect((await run(at, audit)).out).toBe(
      `⚠️ unused-ref: /prod/old-parameter (listed under /prod/; no ref of this config points to it)
⚠️ unused-ref: prod/old-secret (listed under prod/; no ref of this config points to it)
`,
    )
  })

  test('credentials of a profile in the user’s own files', async () => {
    const at = world(aws.endpoint)
    for (const name of Object.keys(AWS_ENVIRONMENT)) delete at.env[name]
    at.env['AWS_PROFILE'] = 'fake'
    const key = AWS_ENVIRONMENT['AWS_SECRET_ACCESS_KEY']
    mkdirSync(join(at.env['HOME'] ?? '', '.aws'))
    writeFileSync(
      join(at.env['HOME'] ?? '', '.aws/config'),
      `[profile fake]\nregion = eu-central-1\naws_access_key_id = fake\naws_secret_access_key = ${key}\n`,
    )
    const ended = await runAgent(at, PRINT_ENVIRONMENT)
    expect(ended.err).toBe('')
    expect(environment(ended.stdout).has('STRIPE_API_KEY')).toBe(true)
  })

  test('secrets set writes where the config says; history and rollback know AWS’s versions', async () => {
    const at = world(aws.endpoint)
    const about = ['slack-token', '--config', at.config]
    const stored = await run(at, ['secrets', 'set', ...about], {
      stdin: Buffer.from('fake-new-token'),
    })
    expect(stored.err).toContain('stored slack-token in parameters at /prod/slack-token')
    const set = await run(at, ['secrets', 'set', 'stripe-api-key', '--config', at.config], {
      stdin: Buffer.from('fake-new-key'),
    })
    expect(set.err).toContain('stored stripe-api-key in aws-secrets-manager at prod/stripe')
    const given = environment((await runAgent(at, PRINT_ENVIRONMENT)).stdout)
    expect(given.get('STRIPE_API_KEY')?.toString()).toBe('fake-new-key')
    expect(given.get('SLACK_TOKEN')?.toString()).toBe('fake-new-token')
    const back = await run(at, ['secrets', 'rollback', 'stripe-api-key', '--config', at.config])
    expect(back.code).toBe(0)
    const parameter = await run(at, ['secrets', 'rollback', ...about])
    expect(parameter.err).toBe(
      'slack-token: version 3 is current, with what version 1 held (was 2)\n',
    )
    const again = environment((await runAgent(at, PRINT_ENVIRONMENT)).stdout)
    expect(again.get('STRIPE_API_KEY')?.toString()).toContain(MARKER)
    expect(again.get('SLACK_TOKEN')?.toString()).toContain(MARKER)
  })

  test.runIf(isLinux)('the gateway’s memory holds no copy while the agent runs', async () => {
    const at = world(aws.endpoint)
    const command = ['/bin/sh', '-c', 'while ! [ -e end ]; do sleep 0.05; done']
    const gateway = start(at, ['gateway', ...words(at), '--', ...command])
    const agent = await until('the agent', () =>
      eventsOf(at).includes('grant.delivered')
        ? descendantsOf(gateway.pid).find(({ argv }) => (argv[2] ?? '').includes('sleep 0.05'))
        : undefined,
    )
    // The agent has it; else nothing is shown by not finding it elsewhere.
    expect(copiesIn(agent.pid, MARKER).length).toBeGreaterThanOrEqual(1)
    expect(copiesIn(gateway.pid, MARKER)).toEqual([])
    writeFileSync(join(at.dir, 'end'), '')
    await until('the run is over', () => eventsOf(at).includes('run.ended'))
    expect(copiesIn(gateway.pid, MARKER)).toEqual([])
  })
})

describe('what can be wrong before AWS is asked, in words', () => {
  test('without its SDK: the line that installs it', async () => {
    const at = world('http://127.0.0.1:1')
    const ended = await run(at, [...words(at), '--', '/bin/true'], { cli: bare(at) })
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toContain('provider "parameters" needs a package that is not installed')
    expect(ended.err).toContain('hint: run: npm install @aws-sdk/client-ssm')
    expect(ended.err).toContain('hint: run: npm install @aws-sdk/client-secrets-manager')
  })

  test('without credentials, without a region', async () => {
    const at = world('http://127.0.0.1:1')
    const nobody = await runAgent(at, ['/bin/true'], { env: { AWS_ACCESS_KEY_ID: undefined } })
    expect(nobody.code).toBe(125)
    expect(nobody.err).toContain('has nothing to sign in with')
    expect(nobody.err).toContain('hint: set AWS_PROFILE for the gateway')
    const nowhere = await runAgent(at, ['/bin/true'], { env: { AWS_REGION: undefined } })
    expect(nowhere.err).toContain('hint: write its "region" into the config, or set AWS_REGION')
  })
})

const words = (at: World): string[] => ['run', '--config', at.config, '--agent', 'a']

/** The command line in a folder of its own, with every package beside it but AWS's. */
function bare(at: World): string {
  const from = dirname(CLI)
  const built = basename(from) === 'dist'
  const folder = built ? from : join(ROOT, 'src')
  const to = join(at.dir, 'bare', basename(folder))
  cpSync(folder, to, { recursive: true })
  const packages = join(at.dir, 'bare/node_modules')
  mkdirSync(packages)
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@aws-sdk' && existsSync(join(ROOT, 'node_modules', name)))
      symlinkSync(join(ROOT, 'node_modules', name), join(packages, name))
  }
  cpSync(join(ROOT, 'package.json'), join(at.dir, 'bare/package.json'))
  return join(to, CLI.slice(folder.length + 1))
}
