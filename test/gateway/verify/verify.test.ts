/** Verifying as a whole, inside this process: batches, and the time that they share. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openGateway, plannerOf } from '../../../src/cli/foreground.ts'
import type { Io } from '../../../src/cli/io.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import type { Verified } from '../../../src/gateway/verify/groups.ts'
import { verifyCredentials } from '../../../src/gateway/verify/verify.ts'
import { homeOf } from '../../../src/state/home.ts'
import { listen, type Fake } from '../../fakes/listen.ts'

/** More than one verifier takes, of one agent; their service is `fake`. */
const MANY = 130

interface World {
  io: Io
  gateway: Gateway
}

async function worldOf(fake: Fake): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-verify-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const refs = Array.from({ length: MANY }, (_, i) => `key-${i}`)
  const write = (name: string, content: object): string => {
    const path = join(dir, name)
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
    return path
  }
  const path = write('secrets', Object.fromEntries(refs.map((ref) => [ref, `fake-${ref}`])))
  const config = write('config.json', {
    secrets: { providers: { file: { path } } },
    targets: { 'stripe-secret-key': { baseUrl: fake.url } },
    agents: {
      a: {
        'tool-bindings': {
          pay: {
            service: 'stripe-secret-key',
            credentials: Object.fromEntries(refs.map((secretRef) => [secretRef, { secretRef }])),
          },
        },
      },
    },
  })
  const env = { SECRETREF_HOME: join(dir, 'home'), HOME: dir }
  const io: Io = {
    program: 'secretref',
    env,
    cwd: dir,
    home: homeOf(env),
    signs: false,
    now: () => new Date(),
    out: expect.unreachable,
    err: expect.unreachable,
  }
  return { io, gateway: await openGateway(io, { config }) }
}

/** How many of each outcome there are, with how much time has passed before each batch. */
async function outcomes(
  fake: Fake,
  passedMs: readonly number[],
  concurrency = 64,
): Promise<Record<string, number>> {
  const { io, gateway } = await worldOf(fake)
  const passed = passedMs.values()
  const verified = await verifyCredentials(gateway, {
    run: 'r',
    subjects: [{ plan: plannerOf(io, gateway.loaded, {}).plan({ agent: 'a' }), meant: () => true }],
    concurrency,
    alerts: false,
    say: () => {},
    signal: new AbortController().signal,
    elapsed: () => passed.next().value ?? expect.unreachable(),
  })
  await gateway.settle()
  const words = verified.map(wordOf)
  const counts = Map.groupBy(words, (word) => word)
  return Object.fromEntries(Array.from(counts, ([word, { length }]) => [word, length]))
}

function wordOf({ result }: Verified): string {
  if (result.kind === 'asked') return result.checked.reason ?? result.checked.verdict
  return result.kind === 'not-asked' ? `not asked: ${result.reason}` : result.code
}

const MINUTE_MS = 60_000

test('ten minutes are for all batches together', async () => {
  const fake = await listen((_, response) => response.writeHead(200).end())
  const minutes = [9, 11].map((count) => count * MINUTE_MS)
  expect(await outcomes(fake, minutes)).toEqual({ valid: 128, 'not asked: out-of-time': 2 })
  expect(fake.requests).toHaveLength(128)
})

test('what is left of them is all that a batch has', async () => {
  const fake = await listen((_, response) => {
    const isOfSecond = fake.requests.length > 128
    setTimeout(() => response.writeHead(200).end(), isOfSecond ? 50 : 0)
  })
  // One at a time: when the first of the second batch has its answer, the time of the other is over.
  const found = await outcomes(fake, [0, 10 * MINUTE_MS - 1], 1)
  expect(found['out-of-time']).toBeGreaterThanOrEqual(1)
  expect(fake.requests.length).toBe(found['valid'])
})
