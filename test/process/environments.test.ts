/**
 * Environments as whole runs: which ways plaintext has into production, and that they are told; that the
 * gateway's own environment serves only a chain that names it; that nothing of another environment is opened.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { fakeVault } from '../fakes/vault.ts'
import { makeWorld, recordsOf, run, runAgent, type World } from './support.ts'
import { callsIn, needStrace, tracing } from './trace.ts'

const PLAIN = ['fake', 'plain', 'Kq7mX2'].join('-')
const SEALED = ['fake', 'sealed', 'Lw3vB9'].join('-')
const SHOW = ['sh', '-c', 'printf %s "$KEY"']
const NOWHERE = 'http://127.0.0.1:9'

const AGENTS = {
  a: { 'tool-bindings': { t: { required: true, credentials: { k: { secretRef: 'key' } } } } },
}

/** Production, and what is written of it; `near` is a file in the clear. */
function production(
  more: { secrets?: object; inherit?: true; refMap?: object },
  far = NOWHERE,
): World {
  const { secrets = {}, inherit, refMap } = more
  const world = makeWorld()
  const path = world.write('near.json', JSON.stringify({ key: PLAIN }), 0o600)
  world.env['VAULT_TOKEN'] = ['fake', 'token'].join('-')
  world.writeConfig({
    secrets: { providers: { far: { type: 'vault', address: far }, near: { type: 'file', path } } },
    openclaw: { gateway: { environment: 'development', secrets: { ...(refMap && { refMap }) } } },
    environments: {
      production: { secrets, ...(inherit && { inherit }) },
      development: { secrets: {} },
    },
    agents: AGENTS,
  })
  return world
}

const inProduction = (world: World, ...words: string[]): ReturnType<typeof run> =>
  run(world, [
    'run',
    '--config',
    world.config,
    '--environment',
    'production',
    ...words,
    '--',
    ...SHOW,
  ])

/** The gravest findings of an audit of production, each as its code and subject. */
async function graveFindings(world: World): Promise<string[]> {
  const words = ['gateway', 'audit', '--secrets', '--json', '--environment', 'production']
  const { out } = await run(world, [...words, '--config', world.config])
  const { findings }: { findings: { code: string; severity: string; subject: string }[] } =
    JSON.parse(out)
  return findings.flatMap(({ code, severity, subject }) =>
    severity === 'error' ? [`${code}: ${subject}`] : [],
  )
}

const released = (world: World): AuditRecord | undefined =>
  recordsOf(world).findLast(({ event }) => event === 'grant.released')

const FINDING = 'plaintext-in-production: near'

describe('plaintext in production', () => {
  test('by --secrets-provider: delivered, on record, and a high finding until it was served otherwise', async () => {
    const vault = await fakeVault({ value: SEALED })
    const world = production({ secrets: { key: { provider: 'far', path: 'key' } } }, vault.url)
    expect(await inProduction(world)).toMatchObject({ code: 0, out: SEALED })
    expect(released(world)?.detail).toBeUndefined()
    expect(await graveFindings(world)).toEqual([])

    const ended = await inProduction(world, '--secrets-provider', 'near')
    expect(ended).toMatchObject({ code: 0, out: PLAIN })
    const intent = recordsOf(world).findLast(({ event }) => event === 'grant.intent')
    for (const record of [intent, released(world)]) {
      expect(record).toMatchObject({ provider: 'near', detail: { plaintext: 'production' } })
    }
    expect(await graveFindings(world)).toEqual([FINDING])

    expect(await inProduction(world)).toMatchObject({ code: 0, out: SEALED })
    expect(await graveFindings(world)).toEqual([])
  })

  test('by a refMap that production inherits: delivered, on record, and a high finding', async () => {
    const world = production({
      inherit: true,
      refMap: { key: { provider: 'near', target: 'key' } },
    })
    expect(await graveFindings(world)).toEqual([FINDING])
    expect(await inProduction(world)).toMatchObject({ code: 0, out: PLAIN })
    expect(released(world)).toMatchObject({
      environment: 'production',
      provider: 'near',
      detail: { plaintext: 'production' },
    })
  })

  test('without `inherit` the refMap of another environment does not serve production', async () => {
    const world = production({ refMap: { key: { provider: 'near', target: 'key' } } })
    const ended = await inProduction(world, '--secrets-provider', 'near')
    expect(ended).toMatchObject({ code: 125, out: '' })
    expect(ended.err).toContain('[REF_UNKNOWN]')
    expect(ended.err + ended.out).not.toContain(PLAIN)
  })

  test('as the first provider: refused in each command, and the file is not opened', async (context) => {
    needStrace(context, 'plaintext first in production opens no file')
    const world = production({ secrets: { key: { provider: 'near', target: 'key' } } })
    const trace = join(world.dir, 'trace')
    const ended = await runAgent(world, SHOW, {
      env: { SECRETREF_ENVIRONMENT: 'production' },
      through: tracing(trace, ['openat']),
    })
    expect(ended).toMatchObject({ code: 125, out: '' })
    expect(ended.err).toContain('[CONFIG_INVALID]')
    const opened = callsIn(trace).map(({ args }) => args)
    expect(opened.filter((args) => args.includes(world.config))).not.toEqual([])
    expect(opened.filter((args) => args.includes('near.json'))).toEqual([])
  })
})

/** The gateway's environment has a variable of the ref's own name. */
function worldWith(chain: readonly unknown[]): World {
  const world = makeWorld({
    config: {
      secrets: { providers: { far: { type: 'vault', address: NOWHERE }, env: {} } },
      openclaw: { gateway: { secrets: { refMap: { key: { provider: chain } } } } },
      agents: AGENTS,
    },
  })
  Object.assign(world.env, { KEY: PLAIN, VAULT_TOKEN: ['fake', 'token'].join('-') })
  return world
}

describe('the gateway’s own environment', () => {
  test('serves a chain that names `env`, and is on record', async () => {
    const world = worldWith(['far', 'env'])
    expect(await runAgent(world, SHOW)).toMatchObject({ code: 0, out: PLAIN })
    expect(released(world)).toMatchObject({ provider: 'env', reason: 'fallback' })
  })

  test('serves no other, in whatever outage, and does not reach the agent either', async () => {
    const world = worldWith(['far'])
    const ended = await runAgent(world, SHOW)
    expect(ended).toMatchObject({ code: 125, out: '' })
    expect(ended.err).toContain('[PROVIDER_UNAVAILABLE]')
    // An optional one is left out, rather than taken from there.
    const text = JSON.stringify({
      ...JSON.parse(readFileSync(world.config, 'utf8')),
      agents: { a: { 'tool-bindings': { t: { credentials: { k: { secretRef: 'key' } } } } } },
    })
    writeFileSync(world.config, text, { mode: 0o600 })
    expect(await runAgent(world, SHOW)).toMatchObject({ code: 0, out: '' })
  })

  test('is opened by one process of a start, its resolver', async (context) => {
    needStrace(context, 'who reads the environment of the gateway')
    const world = worldWith(['far', 'env'])
    const trace = join(world.dir, 'trace')
    await runAgent(world, SHOW, { through: tracing(trace, ['openat', 'execve']) })
    const calls = callsIn(trace)
    const readers = calls.filter(({ args }) => /"\/proc\/\d+\/environ"/.test(args))
    const resolver = calls.find(({ name, args }) => name === 'execve' && /\/resolver/.test(args))
    expect(readers.map(({ pid }) => pid)).toEqual([resolver?.pid])
  })
})

test('a start in development opens nothing of production’s', async (context) => {
  needStrace(context, 'no file of another environment is opened')
  const world = makeWorld()
  const write = (name: string, text: string): string => world.write(`production/${name}`, text)
  const near = write('near.json', JSON.stringify({ key: PLAIN }))
  const program = world.write('production/program', '#!/bin/sh\nexit 1\n', 0o700)
  const own = world.write('development.json', JSON.stringify({ key: SEALED }))
  const approle = {
    method: 'approle',
    roleIdFile: write('role-id', 'fake-role'),
    secretIdFile: write('secret-id', 'fake-id'),
  }
  world.writeConfig({
    secrets: {
      providers: {
        byToken: {
          type: 'vault',
          address: NOWHERE,
          auth: { method: 'token', tokenFile: write('token', 'fake') },
        },
        byRole: { type: 'vault', address: NOWHERE, auth: approle, caCert: write('ca.pem', 'fake') },
        sealed: {
          type: 'store',
          path: write('store.age', 'fake'),
          identity: write('store.key', 'fake'),
        },
        near: { type: 'file', path: near },
        program: { type: 'exec', command: program },
        own: { type: 'file', path: own },
      },
    },
    openclaw: { gateway: { environment: 'development' } },
    environments: {
      production: {
        secrets: {
          key: { provider: ['byToken', 'byRole', 'sealed', 'program', 'near'] },
        },
      },
      development: { secrets: { key: { provider: 'own' } } },
    },
    agents: AGENTS,
  })
  const trace = join(world.dir, 'trace')
  const calls = ['open', 'openat', 'openat2', 'execve', 'readlink', 'readlinkat']
  const ended = await runAgent(world, SHOW, { through: tracing(trace, calls) })
  expect(ended).toMatchObject({ code: 0, out: SEALED, err: '' })
  const seen = callsIn(trace).map(({ args }) => args)
  // What is opened is seen.
  expect(seen.filter((args) => args.includes(own))).not.toEqual([])
  expect(seen.filter((args) => args.includes(join(world.dir, 'production')))).toEqual([])

  // Production itself opens them: the names above are those that it uses.
  const there = join(world.dir, 'there')
  await runAgent(world, SHOW, {
    env: { SECRETREF_ENVIRONMENT: 'production' },
    through: tracing(there, calls),
  })
  const opened = callsIn(there).map(({ args }) => args)
  expect(opened.some((args) => args.includes('production/token'))).toBe(true)
})
