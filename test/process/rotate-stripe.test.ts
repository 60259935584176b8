/** A key of Stripe from the article's random hex to the old key's 401, as whole processes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stripe } from '../fakes/stripe.ts'
import { environment, eventsOf, makeWorld, PRINT_ENVIRONMENT, run, runAgent } from './support.ts'

const REF = 'stripe-api-key'
const key = (word: string): string => `sk_test_${word.padEnd(24, '0')}`
const OLD = key('fakeOld')
const NEW = key('fakeNew')
const HEX = '0123456789abcdef'.repeat(4)

test('random hex is refused and explained; a key is taken, and done when Stripe refuses the old one', async () => {
  const valid = [OLD, NEW]
  const fake = await stripe({ valid })
  const world = makeWorld({
    config: {
      secrets: { providers: { store: {} } },
      agents: {
        a: { 'tool-bindings': { t: { credentials: { c: { secretRef: REF } } } } },
      },
      targets: { 'stripe-secret-key': { baseUrl: fake.url } },
      openclaw: {
        gateway: {
          secrets: {
            refMap: { [REF]: { provider: 'store', rotate: { driver: 'stripe', grace: '1s' } } },
          },
        },
      },
    },
  })
  const shown: string[] = []
  const secretref = async (words: readonly string[], given?: string) => {
    const stdin = given === undefined ? {} : { stdin: Buffer.from(`${given}\n`) }
    const ended = await run(world, [...words, '--config', world.config], {
      timeoutMs: 60_000,
      ...stdin,
    })
    shown.push(ended.out, ended.err)
    return ended
  }
  const rotate = ['secrets', 'rotate', '--ref', REF, '--force']
  await secretref(['store', 'init'])
  expect((await secretref(['secrets', 'set', REF], OLD)).code).toBe(0)

  const refused = await secretref([...rotate, '--json'], HEX)
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.out)).toMatchObject({
    refs: [{ ref: REF, code: 'CREDENTIAL_REJECTED', reason: 'not-a-key' }],
  })
  expect(refused.out).toContain('a service knows only what it has issued itself')
  const nothing = await secretref(rotate, '')
  expect(nothing).toMatchObject({ code: 1, err: '' })
  expect(nothing.out).toBe(
    `⚠️ ${REF}: what was brought for "${REF}" was not taken: it is empty\n` +
      `   hint: copy the new one from the service; then bring it: secretref secrets rotate --ref ${REF} --force (the current one stays until then)\n`,
  )
  // It was shown to nobody, and every agent still has the key that works.
  expect(fake.connections()).toBe(0)
  const { stdout } = await runAgent(world, PRINT_ENVIRONMENT)
  expect(environment(stdout).get('STRIPE_API_KEY')?.toString()).toBe(OLD)

  const taken = await secretref(rotate, NEW)
  expect(taken.code).toBe(1)
  expect(taken.out).toContain('its old value still works')
  const after = await runAgent(world, PRINT_ENVIRONMENT)
  expect(environment(after.stdout).get('STRIPE_API_KEY')?.toString()).toBe(NEW)

  valid.splice(0, 1)
  const ended = await secretref(rotate)
  expect({ code: ended.code, err: ended.err }).toEqual({ code: 0, err: '' })
  expect(ended.out).toContain('the old one is refused now')

  const rotations = eventsOf(world).filter((event) => event.startsWith('rotation.'))
  expect(rotations.filter((event) => event === 'rotation.promoted')).toHaveLength(1)
  expect(rotations.at(-1)).toBe('rotation.done')
  const files = readdirSync(world.home.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
  for (const text of [...shown, ...files]) {
    expect([OLD, NEW, HEX].filter((secret) => text.includes(secret))).toEqual([])
  }
}, 120_000)
