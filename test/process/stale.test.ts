/** The last good value in an outage, through the whole command line. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listen } from '../fakes/listen.ts'
import { makeWorld, recordsOf, run, type World } from './support.ts'

const VALUE = 'fake-last-good'

type Mode = 'up' | 'binary' | 'down' | 'denied' | 'absent'

/** As in developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2; `down` is a sealed one. */
async function outage(
  resilience: object | 'none' = { maxStale: '15m' },
): Promise<{ world: World; mode: (mode: Mode, other?: Mode) => void }> {
  let now: Mode = 'up'
  /** Of the second ref. */
  let then: Mode = 'up'
  const status = { up: 200, binary: 200, down: 503, denied: 403, absent: 404 }
  const vault = await listen((request, response) => {
    request.resume()
    const at = status[request.url?.endsWith('/other') ? then : now]
    const value = now === 'binary' ? `${VALUE}\0` : VALUE
    const stored = { data: { data: { value }, metadata: { version: 1 } } }
    const body = request.method === 'POST' ? { data: { version: 2 } } : stored
    response.writeHead(at).end(JSON.stringify(at === 200 ? body : { errors: [] }))
  })
  const place = { provider: 'vault', ...(resilience === 'none' ? {} : { resilience }) }
  const secrets = { key: { ...place, path: 'prod/key' }, other: { ...place, path: 'prod/other' } }
  const world = makeWorld({
    config: {
      secrets: { providers: { vault: { address: vault.url, timeoutMs: 2000 } } },
      environments: { staging: { secrets }, testing: { secrets } },
      agents: {
        a: {
          'tool-bindings': { t: { required: true, credentials: { c: { secretRef: 'key' } } } },
        },
        // Goes on without what it does not get.
        both: {
          'tool-bindings': {
            t: { credentials: { c: { secretRef: 'key' }, o: { secretRef: 'other' } } },
          },
        },
      },
    },
  })
  world.env['VAULT_TOKEN'] = 'fake-token'
  return { world, mode: (mode, other = mode) => void ([now, then] = [mode, other]) }
}

function started(world: World, environment = 'staging', agent = 'a'): ReturnType<typeof run> {
  const about = ['--config', world.config, '--environment', environment, '--agent', agent]
  return run(world, ['run', ...about, '--', '/bin/sh', '-c', 'echo "$KEY$OTHER"'])
}
const secrets = (world: World, ...args: string[]): ReturnType<typeof run> =>
  run(world, ['secrets', ...args, '--config', world.config], { stdin: Buffer.from('fake-new') })
const kept = (world: World): string[] => {
  try {
    return readdirSync(world.home.stale)
  } catch {
    return []
  }
}

test('is delivered with its age in words, log and status; it lies there encrypted, for us alone', async () => {
  const { world, mode } = await outage()
  expect((await started(world)).out).toBe(`${VALUE}\n`)
  const [name = ''] = kept(world)
  const path = join(world.home.stale, name)
  expect(name).toMatch(/^[0-9a-f]{32}\.age$/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path).includes(VALUE)).toBe(false)

  mode('down')
  const served = await started(world)
  expect([served.code, served.out]).toEqual([0, `${VALUE}\n`])
  expect(served.err).toMatch(/"key" is the last good value of "vault", \d+ s old, after vault/)
  const records = recordsOf(world)
  expect(records.find(({ event }) => event === 'provider.stale')).toMatchObject({
    provider: 'vault',
    detail: { seconds: expect.any(Number) },
  })
  const released = records.findLast(({ event }) => event === 'grant.released')
  expect(released).toMatchObject({ reason: 'stale', detail: { seconds: expect.any(Number) } })
  const status = ['gateway', 'status', '--secrets', '--config', world.config]
  world.env['SECRETREF_ENVIRONMENT'] = 'staging'
  const shown = await run(world, status)
  expect(shown.out).toMatch(/KEY: stale \(last read \d+ s ago, then PROVIDER_UNAVAILABLE\)/)
  expect(JSON.stringify(records) + served.err + shown.out).not.toContain(VALUE)

  // Another environment has never read it.
  const other = await started(world, 'testing')
  expect([other.code, other.out]).toEqual([125, ''])
})

test('is dropped once the ref is denied, or absent', async () => {
  const { world, mode } = await outage()
  const both = (): ReturnType<typeof run> => started(world, 'staging', 'both')
  expect((await both()).out).toBe(`${VALUE}${VALUE}\n`)
  expect(kept(world)).toHaveLength(2)
  mode('denied', 'absent')
  const without = await both()
  expect(without.out).toBe('\n')
  expect(without.err).toContain('[PROVIDER_DENIED]')
  expect(without.err).toContain('[SECRET_NOT_FOUND]')
  expect(kept(world)).toEqual([])
  mode('down')
  expect((await both()).out).toBe('\n')
})

test('too old is refused in the outage’s own words, and removed', async () => {
  const { world, mode } = await outage({ maxStale: '1s' })
  await started(world)
  mode('down')
  await new Promise((resolve) => {
    setTimeout(resolve, 1100)
  })
  const late = await started(world)
  expect([late.code, late.out]).toEqual([125, ''])
  expect(late.err).toContain('[PROVIDER_UNAVAILABLE]')
  expect(kept(world)).toEqual([])
})

test('a file that was changed, or put in place of another, is not served', async () => {
  const { world, mode } = await outage()
  const both = (): ReturnType<typeof run> => started(world, 'staging', 'both')
  await both()
  const [one = '', two = ''] = kept(world)
  const sealed = readFileSync(join(world.home.stale, one))
  writeFileSync(join(world.home.stale, two), sealed)
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
  writeFileSync(join(world.home.stale, one), sealed)
  mode('down')
  const ended = await both()
  expect(ended.out).toBe('\n')
  expect(ended.err.match(/\[PROVIDER_UNAVAILABLE\]/g)).toHaveLength(2)
})

test('without opting in nothing is kept; what cannot be kept is a warning', async () => {
  const plain = await outage('none')
  await started(plain.world)
  expect(kept(plain.world)).toEqual([])

  const { world } = await outage()
  writeFileSync(world.home.stale, 'in the way')
  const ended = await started(world)
  expect([ended.code, ended.out]).toEqual([0, `${VALUE}\n`])
  expect(ended.err).toContain('"key" could not be kept for an outage')
})

test('a value that was kept as a file is not served as a variable that cannot hold it', async () => {
  const { world, mode } = await outage()
  const asFile = readFileSync(world.config, 'utf8').replace(
    /"secretRef": *"key"/,
    '$&, "delivery": "file"',
  )
  const asVariable = readFileSync(world.config, 'utf8')
  mode('binary')
  writeFileSync(world.config, asFile, { mode: 0o600 })
  expect((await started(world)).code).toBe(0)
  expect(kept(world)).toHaveLength(1)
  mode('down')
  writeFileSync(world.config, asVariable, { mode: 0o600 })
  const refused = await started(world)
  expect([refused.code, refused.out]).toEqual([125, ''])
  expect(refused.err).toContain('[PROVIDER_UNAVAILABLE]')
})

test('a value that a person replaces is not kept for an outage, in no environment', async () => {
  const { world, mode } = await outage()
  for (const environment of ['staging', 'testing']) await started(world, environment)
  expect(kept(world)).toHaveLength(2)
  const set = await secrets(world, 'set', 'key', '--environment', 'staging')
  expect([set.code, set.err]).toEqual([0, expect.not.stringContaining('still kept')])
  expect(kept(world)).toEqual([])
  mode('down')
  expect((await started(world)).code).toBe(125)
})

test('nor one that was rolled back or removed; one that cannot be dropped is told', async () => {
  const { world } = await outage()
  const place = { provider: 'store', resilience: { maxStale: '15m' } }
  const config = JSON.parse(readFileSync(world.config, 'utf8'))
  config.secrets.providers = { store: {} }
  config.environments = { staging: { secrets: { key: place } } }
  world.writeConfig(config)
  const here = ['--environment', 'staging']
  for (let i = 0; i < 2; i += 1) await secrets(world, 'set', 'key', ...here)
  await started(world)
  expect(kept(world)).toHaveLength(1)
  expect((await secrets(world, 'rollback', 'key', ...here)).code).toBe(0)
  expect(kept(world)).toEqual([])
  await started(world)
  const [name = ''] = kept(world)
  rmSync(join(world.home.stale, name))
  mkdirSync(join(world.home.stale, name))
  const removed = await secrets(world, 'rm', 'key', '--yes', ...here)
  expect(removed.code).toBe(0)
  expect(removed.err).toContain('the last good value of "key" from before is still kept')
  expect(removed.err).toContain(`hint: remove what is kept: rm ${world.home.stale}/*.age`)
})

test('what the config no longer opts in to goes at the next start, but in an outage', async () => {
  const { world, mode } = await outage()
  await started(world)
  const text = readFileSync(world.config, 'utf8')
  const config = JSON.parse(text)
  for (const environment of ['staging', 'testing']) {
    const { secrets: refs } = config.environments[environment]
    for (const ref of ['key', 'other']) delete refs[ref].resilience
  }
  world.writeConfig(config)
  mode('down')
  expect((await started(world)).code).toBe(125)
  expect(kept(world)).toHaveLength(1)
  const doctor = async (): Promise<string> =>
    (await run(world, ['doctor'], { env: { SECRETREF_CONFIG: world.config } })).out
  expect(await doctor()).toMatch(
    /a last good value is kept in \S+stale, and this config opts in to none\n +hint: .*rm \S+stale\/\*\.age/,
  )
  mode('up')
  expect((await started(world)).code).toBe(0)
  expect(kept(world)).toEqual([])
  expect(await doctor()).not.toContain('last good value')
})
