/**
 * Rotations from plan to end, with real processes, and the crash matrix in its short form: in one rotation
 * of each class everything is killed after each step in turn. The whole matrix is test/soak/crash-matrix.
 */
import { describe, expect, test } from 'vitest'
import { CLASSES, type Action, type DriverClass } from '../../../src/rotation/types.ts'
import { OUTSIDE, type Outside } from '../../../src/gateway/rotate/words.ts'
import { Hosted } from './host.ts'
import { Inside } from './inside.ts'
import { FIRST, page, transitions, withTable } from './matrix.ts'
import { Stage } from './stage.ts'

test('a value of our own choice: staged, tried, promoted, and the old one forgotten', async () => {
  const stage = await Stage.make({ type: 'generate', class: 'chosen' }, 'fake-first')
  const { rotation, did } = await stage.attempt()
  expect(rotation.step).toBe('done')
  const before: Action[] = ['begin', 'stage', 'set', 'verify']
  expect(did).toEqual([...before, 'promote', 'distribute', 'retire', 'confirm'])
  expect(await stage.current()).toEqual({
    value: expect.stringMatching(/^[A-Za-z0-9]{43}$/),
    version: '2',
  })
})

describe('kill -9 of everything after each step, one after the other, in one rotation', () => {
  // Two at once: there is a core for each.
  const pairs: [DriverClass, DriverClass][] = [
    ['chosen', 'issued'],
    ['slots', 'roll'],
  ]
  test.each(pairs)('%s and %s', { timeout: 120_000 }, async (...kinds) => {
    await Promise.all(
      kinds.map(async (kind) => {
        const stage = await Stage.make({ type: 'exec', class: kind }, FIRST[kind])
        const kills = outsideOf(kind)
        for (const action of kills) await stage.attempt({ action, when: 'after' })
        expect(kills.length).toBe(kind === 'chosen' || kind === 'slots' ? 6 : 5)
        await sound(stage, stage.issuer, await finish(stage))
      }),
    )
  })
})

test('a rotator that outlives its gateway ends what it is at, and the next one begins after it', async () => {
  const stage = await Stage.make({ type: 'exec', class: 'issued' }, FIRST.issued)
  stage.issuer = { ...stage.issuer, busy: { create: 1500 } }
  const hosted = new Hosted(stage)
  const killed = { victim: 'gateway', when: 'while', action: 'create', answer: 'comes' } as const
  expect(await hosted.run({ class: 'issued', ...killed })).toBeUndefined()
  expect(stage.issuer.made).toBe(0)
  // At once: the creation is still under way.
  expect(await hosted.run()).toMatchObject({ step: 'done' })
  await sound(stage, stage.issuer, 'done')
  expect(stage.issuer).toMatchObject({ made: 1, asked: { create: 1 } })
})

describe.each(CLASSES)('%s', (kind) => {
  test.each([
    ['every answer is lost once', { lose: ['create', 'set', 'end', 'try', 'marked', 'choose'] }],
    ['every answer is lost twice', { lose: twice(['create', 'set', 'end', 'try', 'marked']) }],
    ['every request arrives twice', { twice: ['create', 'set', 'end', 'try'], cap: 3 }],
  ])('%s', async (_, about) => {
    const stage = await Inside.make(kind, about)
    await sound(stage, stage.service, await finish(stage))
  })
})

test('the table of docs/rotation.md is of these transitions, and all of them ended well', () => {
  expect(withTable(page())).toBe(page())
})

function outsideOf(kind: DriverClass): Outside[] {
  return transitions(kind).flatMap((action) => OUTSIDE.filter((one) => one === action))
}

function twice<T>(steps: readonly T[]): T[] {
  return [...steps, ...steps]
}

/** Works at it until it is over. */
async function finish(stage: Stage | Inside): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    const attempt = await stage.attempt()
    const { step } = 'rotation' in attempt ? attempt.rotation : attempt
    if (['done', 'stuck', 'abandoned'].includes(step)) return step
  }
  throw new Error('it does not end')
}

/** What must hold whatever happened: it works, nothing else lives, and never too many did. */
async function sound(
  stage: Stage | Inside,
  { live, most, cap }: Stage['issuer'],
  step: string,
): Promise<void> {
  const { value, version } = await stage.current()
  expect({ step, version, live: live.map((one) => one.value) }).toEqual({
    step: 'done',
    version: '2',
    live: [value],
  })
  expect(most).toBeLessThanOrEqual(cap)
}
