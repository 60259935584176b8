/** A ref's rotation in `secrets list`, `secrets describe` and `why`: its rule, how far one is, when the last was. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeWorld, run, type Ended, type World } from '../process/support.ts'
import { writeJournal } from '../rotation/written.ts'

const RULE = { every: '90d', before: '7d', window: 'Sun 02:00-05:00 Europe/Berlin', grace: '1h' }
const DONE = ['intent', 'creating', 'staged', 'promoted', 'distributed', 'retired', 'done'] as const

/** One that is made by itself, one that a person brings, one without a rule. */
function world(): World {
  const w = makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      agents: {
        a: {
          'tool-bindings': {
            hook: { credentials: { key: { secretRef: 'hook-secret' } } },
            'stripe-payment': { credentials: { key: { secretRef: 'stripe-api-key' } } },
            plain: { credentials: { key: { secretRef: 'plain' } } },
          },
        },
      },
      openclaw: {
        gateway: {
          secrets: {
            refMap: {
              'hook-secret': { provider: 'file', rotate: { driver: 'generate', ...RULE } },
              'stripe-api-key': { provider: 'file', rotate: { driver: 'stripe', before: '7d' } },
            },
          },
        },
      },
    },
  })
  return w
}

function withJournal(w: World): void {
  const key = { config: w.config, environment: 'default' }
  const began = new Date('2026-11-20T03:00:00Z')
  writeJournal(w.home, [
    { ...key, ref: 'hook-secret', from: '1', to: '2', steps: DONE, began },
    { ...key, ref: 'hook-secret', from: '2', steps: ['intent'], began },
    { ...key, ref: 'stripe-api-key', from: '7', steps: ['stuck'], reason: 'refused', began },
  ])
}

const ask = (w: World, ...words: string[]): Promise<Ended> =>
  run(w, [...words, '--config', w.config])

test('where nothing was ever rotated the rule stands alone, and looking makes no journal', async () => {
  const w = world()
  const list = await ask(w, 'secrets', 'list')
  expect(list.out).toMatch(/^hook-secret .* never injected$/m)
  const { out } = await ask(w, 'secrets', 'describe', 'hook-secret')
  expect(out).toContain(
    '  rotation    by generate: every 90d, 7d before its end, in Sun 02:00-05:00 Europe/Berlin; the old one lives 1h\n',
  )
  expect(out).not.toMatch(/under way|rotated/)
  const plain = await ask(w, 'secrets', 'describe', 'plain')
  expect(plain.out).not.toContain('rotation')
  const status = await ask(w, 'secrets', 'rotation', 'status')
  expect(status).toMatchObject({ code: 0, out: '' })
  expect(existsSync(w.home.rotations)).toBe(false)
})

test('one that is under way, one that is stuck, and the last that was done', async () => {
  const w = world()
  withJournal(w)
  const list = await ask(w, 'secrets', 'list')
  expect(list.out).toMatch(/^hook-secret .* never injected; rotation: intent$/m)
  expect(list.out).toMatch(/^stripe-api-key .* never injected; rotation: stuck$/m)
  expect(list.out).toMatch(/^plain .* never injected$/m)
  const hook = await ask(w, 'secrets', 'describe', 'hook-secret')
  expect(hook.out).toContain(
    '  under way   intent, since 2026-11-20T03:00:00Z; goes on with the next run\n' +
      '  rotated     2026-11-20T03:04:00Z, from version 1 to 2\n',
  )
  const stripe = await ask(w, 'secrets', 'describe', 'stripe-api-key')
  expect(stripe.out).toContain(
    '  rotation    by a person (stripe): 7d before its end\n' +
      '  under way   stuck, since 2026-11-20T03:00:00Z; the service refused; mend what its last try met, then run: secretref secrets rotation resume stripe-api-key\n',
  )
})

test('--json has rule, step and versions', async () => {
  const w = world()
  withJournal(w)
  const list: unknown = JSON.parse((await ask(w, 'secrets', 'list', '--json')).out)
  expect(list).toMatchObject({
    refs: [
      { ref: 'hook-secret', rotation: { underWay: { step: 'intent' } } },
      { ref: 'stripe-api-key' },
      { ref: 'plain' },
    ],
  })
  const hook: unknown = JSON.parse(
    (await ask(w, 'secrets', 'describe', 'hook-secret', '--json')).out,
  )
  expect(hook).toMatchObject({
    environments: [
      {
        rotation: {
          rule: { driver: 'generate', class: 'chosen', ...RULE },
          underWay: { step: 'intent', since: '2026-11-20T03:00:00.000Z', from: '2' },
          last: { at: '2026-11-20T03:04:00.000Z', from: '1', to: '2' },
        },
      },
    ],
  })
  const stripe = await ask(w, 'secrets', 'describe', 'stripe-api-key', '--json')
  expect(JSON.parse(stripe.out)).toMatchObject({
    environments: [{ rotation: { rule: { guided: true }, underWay: { reason: 'refused' } } }],
  })
})
