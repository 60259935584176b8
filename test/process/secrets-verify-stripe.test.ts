/** `secrets verify` against stripe-mock, Stripe's own server. */
import { expect, test } from 'vitest'
import { isStripeMockThere, stripeMock } from '../fakes/stripe-mock.ts'
import { skipLoudly } from '../values/loud.ts'
import { makeWorld, run } from './support.ts'

test('the call for a Stripe key is one that Stripe knows', async (context) => {
  if (!isStripeMockThere) {
    skipLoudly(context, 'stripe-mock', 'it is not on PATH, nor in $STRIPE_MOCK')
  }
  const baseUrl = await stripeMock()
  const slot = { credentials: { c: { secretRef: 'stripe-api-key' } } }
  const world = makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      targets: { 'stripe-secret-key': { baseUrl } },
      agents: { a: { 'tool-bindings': { t: slot } } },
    },
  })
  const verified = async (value: string): Promise<unknown> => {
    world.writeSecrets({ 'stripe-api-key': value })
    const { code, out } = await run(world, [
      'secrets',
      'verify',
      '--config',
      world.config,
      '--json',
    ])
    return { code, ...JSON.parse(out).credentials[0] }
  }
  const key = ['sk', 'test', 'fake0000000000000000abcd'].join('_')
  expect(await verified(key)).toMatchObject({ code: 0, verdict: 'valid', status: 200 })
  expect(await verified('wrong')).toMatchObject({ code: 1, verdict: 'rejected', status: 401 })
})
