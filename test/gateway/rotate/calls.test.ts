/** A rotation asks its store no more often than the store's budget lets it, and all of it is counted. */
import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { countedAction, withAdminCalls } from '../../../src/gateway/rotate/calls.ts'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Did } from '../../../src/gateway/rotate/words.ts'
import { fakeVault } from '../../fakes/vault.ts'
import { openState, tempHome } from '../../state/folder.ts'
import { Stage } from './stage.ts'

const now = (): Date => new Date()

test('each action says how often it asked, and asks no more often than it may', async () => {
  const fake = await fakeVault({ value: 'fake-first' })
  const stage = await Stage.make({ type: 'generate', class: 'chosen' }, 'fake-first')
  // The rotator reads its gateway's variables where the kernel keeps those it was started with.
  const gateway = spawn('/bin/sleep', ['60'], { env: { VAULT_TOKEN: 'fake-token' } })
  const rotator = new Rotator({
    ...stage.order,
    provider: 'vault',
    type: 'vault',
    options: { address: fake.url },
    ...(gateway.pid === undefined ? {} : { gatewayPid: gateway.pid }),
    rotation: { id: 'r1', class: 'chosen' },
  })
  onTestFinished(() => {
    rotator.dismiss()
    gateway.kill('SIGKILL')
  })
  const before = fake.requests.length
  expect(await rotator.does('stage', false, 5)).toMatchObject({ result: 'ok', spent: 1 })
  expect(await rotator.does('promote', false, 0)).toMatchObject({
    result: 'unavailable',
    reason: 'budget',
    spent: 0,
  })
  expect(fake.requests.length).toBe(before + 1)
  // What a minute is over for is allowed again.
  const promoted = await rotator.does('promote', false, 5)
  expect(promoted).toMatchObject({ result: 'ok', version: '2' })
  expect(promoted.spent).toBe(fake.requests.length - before - 1)
})

test('what was not needed is given back; where nobody tells, all of it counts', async () => {
  const gateway = { home: tempHome(), loaded: { path: '/c' }, now }
  const subject = {
    step: { provider: 'vault', at: { path: 'key' } },
    provider: { type: 'vault', options: { callsPerMinute: 40 } },
  }
  const given: (number | undefined)[] = []
  const dids: Did[] = [
    { did: 'stage', result: 'ok', spent: 15 },
    // It was killed.
    { did: 'promote', result: 'unknown' },
    { did: 'promote', result: 'ok', spent: 0 },
  ]
  for (const did of dids) {
    await countedAction(gateway, subject, async (calls) => {
      given.push(calls)
      return did
    })
  }
  expect(given).toEqual([30, 25, 0])
  const unlimited = { ...subject, provider: { type: 'store', options: {} } }
  await countedAction(gateway, unlimited, async (calls) => {
    expect(calls).toBeUndefined()
    return { did: 'stage', result: 'ok' }
  })
})

test('the credential by which it acts is counted too', async () => {
  const stage = await Stage.make({ type: 'generate', class: 'chosen' }, 'fake-first')
  const home = tempHome()
  const config = { secrets: { providers: { vault: { callsPerMinute: 20 }, store: {} } } }
  const loaded = Object.assign(Object.create(null), { path: '/c', config })
  const gateway = { db: openState(home), loaded, now }
  const of = (provider: string): unknown => {
    const admin = { provider, type: provider, options: {}, at: { path: 'admin' } }
    return withAdminCalls(gateway, { ...stage.order, admin }).admin?.calls
  }
  expect([of('vault'), of('vault'), of('store')]).toEqual([15, 5, undefined])
  expect(withAdminCalls(gateway, stage.order)).toBe(stage.order)
})
