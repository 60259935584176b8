/** A value of our own choice, rotated from plan to end in stores over a network: real servers, real processes. */
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Provider } from '../../../src/values/providers/contract.ts'
import { provider as secretsManager } from '../../../src/values/providers/aws-secrets-manager.ts'
import { provider as parameterStore } from '../../../src/values/providers/aws-ssm.ts'
import { provider as vault } from '../../../src/values/providers/vault.ts'
import type { Rotation } from '../../../src/rotation/types.ts'
import { lossy } from '../../fakes/lossy.ts'
import { AWS_ENVIRONMENT, moto, startMoto, type Moto } from '../../servers/moto.ts'
import { openbao, ROOT_TOKEN, startOpenbao, type Bao } from '../../servers/openbao.ts'
import { withoutAwsVariables } from '../../values/providers/aws.ts'
import { Stage } from './stage.ts'

const binaries = {
  bao: openbao('rotation in Vault'),
  moto: moto('rotation in AWS'),
}
let bao: Bao
let aws: Moto

withoutAwsVariables()
beforeAll(async () => {
  if (binaries.bao !== undefined) bao = await startOpenbao(binaries.bao)
  if (binaries.moto !== undefined) aws = await startMoto(binaries.moto)
}, 30_000)
afterAll(async () => {
  await bao?.stop()
  await aws?.stop()
})

interface Store {
  server: keyof typeof binaries
  provider: Provider
  /** Where it is asked. */
  address: () => string
  options: (address: string) => Readonly<Record<string, unknown>>
  env: Readonly<Record<string, string>>
  /** What is asked for to write. */
  writes: readonly string[]
}

const awsOf = (provider: Provider, ...writes: readonly string[]): Store => ({
  server: 'moto',
  provider,
  address: () => aws.endpoint,
  options: (endpoint) => ({ endpoint }),
  env: { ...AWS_ENVIRONMENT, HOME: '/nonexistent' },
  writes,
})

/** AWS's operation, or the method. */
function isFor({ method, headers }: IncomingMessage, write: string): boolean {
  return method === write || String(headers['x-amz-target']).endsWith(`.${write}`)
}

const STORES: readonly Store[] = [
  {
    server: 'bao',
    provider: vault,
    address: () => bao.address,
    options: (address) => ({ address }),
    env: { VAULT_TOKEN: ROOT_TOKEN },
    writes: ['POST'],
  },
  awsOf(secretsManager, 'PutSecretValue', 'UpdateSecretVersionStage'),
  awsOf(parameterStore, 'PutParameter'),
]

let keys = 0
const FIRST = ['fake', 'first', 'value'].join('-')
const MADE = /^[A-Za-z0-9]{43}$/

function made(store: Store, address = store.address()): Promise<Stage> {
  const { provider, options, env } = store
  const at = { path: `team/key-${(keys += 1)}` }
  const place = { provider, options: options(address), at, env }
  return Stage.make({ type: 'generate', class: 'chosen' }, FIRST, place)
}

/** Works at it until it is over. */
async function finish(stage: Stage): Promise<Rotation> {
  for (let tries = 0; tries < 12; tries += 1) {
    const { rotation } = await stage.attempt()
    if (['done', 'stuck', 'abandoned'].includes(rotation.step)) return rotation
  }
  throw new Error('it does not end')
}

/** One new version, that is current; the one before is the previous one; no third. */
async function rotated(stage: Stage): Promise<void> {
  const { value, version } = await stage.current()
  expect(value).toMatch(MADE)
  const history = await stage.session.history?.(stage.at)
  if (history?.kind !== 'history') throw new Error('no history')
  expect(history.versions.map(({ version: one, stages }) => [one, stages])).toEqual([
    [stage.order.from, ['previous']],
    [version, ['current']],
  ])
}

describe.each(STORES)('$provider.spec.type', (store) => {
  const test_ = test.skipIf(binaries[store.server] === undefined)

  test_('where all goes well', async () => {
    const stage = await made(store)
    const { rotation, did } = await stage.attempt()
    expect(rotation.step).toBe('done')
    expect(did).toContain('promote')
    await rotated(stage)
  })

  test_.each(['before', 'after'] as const)(
    'all is killed %s promote: the next run ends it, with one new version',
    async (when) => {
      const stage = await made(store)
      await stage.attempt({ action: 'promote', when })
      expect(await finish(stage)).toMatchObject({ step: 'done', failures: 0 })
      await rotated(stage)
    },
  )

  test_.each(store.writes)('the answer to %s is lost: it is no second version', async (write) => {
    const way = await lossy(store.address(), (request) => isFor(request, write))
    const stage = await made(store, way.url)
    way.toLose = 1
    expect(await finish(stage)).toMatchObject({ step: 'done', failures: 0 })
    expect(way.toLose).toBe(0)
    await rotated(stage)
  })

  test_(
    'somebody else changed it meanwhile: theirs stays, and nothing of ours is promoted',
    async () => {
      const stage = await made(store)
      await stage.attempt({ action: 'promote', when: 'before' })
      const theirs = Buffer.from(['fake', 'theirs'].join('-'))
      const put = { expect: stage.order.from, operation: 'theirs' }
      expect(await stage.session.put?.(stage.at, theirs, put)).toMatchObject({ kind: 'written' })
      const { rotation } = await stage.attempt()
      expect(rotation).toMatchObject({ failures: 1, reason: 'current-changed' })
      expect((await stage.current()).value).toBe('fake-theirs')
      const history = await stage.session.history?.(stage.at)
      expect(history?.kind === 'history' && history.versions).toHaveLength(2)
    },
  )
})
