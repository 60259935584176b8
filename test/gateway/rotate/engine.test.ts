/** Rotations from plan to end: real journal, real rotator, real store, an issuer of each class. */
import { describe, expect, test } from 'vitest'
import type { Outside } from '../../../src/gateway/rotate/words.ts'
import type { Action, DriverClass } from '../../../src/rotation/types.ts'
import { Stage } from './stage.ts'

const OURS: Outside[] = ['stage', 'set', 'verify', 'promote', 'retire', 'confirm']
const THEIRS: Outside[] = ['create', 'verify', 'promote', 'retire', 'confirm']
const FIRST: Record<DriverClass, string> = {
  chosen: 'fake-first',
  issued: 'fake-first',
  slots: 'user1:fake-first',
  roll: 'fake-first',
}
const CLASSES = ['chosen', 'issued', 'slots', 'roll'] as const

/** Works at it until it is over. */
async function finish(stage: Stage): Promise<string> {
  for (let tries = 0; tries < 12; tries += 1) {
    const { rotation } = await stage.attempt()
    if (['done', 'stuck', 'abandoned'].includes(rotation.step)) return rotation.step
  }
  throw new Error('it does not end')
}

/** What must hold whatever happened: it works, nothing else lives but what is known, and never too many did. */
async function sound(stage: Stage): Promise<void> {
  const { value, version } = await stage.current()
  expect(version).toBe('2')
  const { live, most, cap } = stage.issuer
  expect(live.map((one) => one.value)).toContain(value)
  // A second slot stays as it is; of all others one lives.
  expect(live.length).toBe(1)
  expect(most).toBeLessThanOrEqual(cap)
}

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

describe.each(CLASSES)('%s', (kind) => {
  const make = (): Promise<Stage> => Stage.make({ type: 'exec', class: kind }, FIRST[kind])
  const steps = kind === 'chosen' || kind === 'slots' ? OURS : THEIRS

  test('where all goes well', async () => {
    const stage = await make()
    expect((await stage.attempt()).rotation.step).toBe('done')
    await sound(stage)
  })

  const matrix = steps.flatMap((action) =>
    (['before', 'after'] as const).map((when) => ({ action, when })),
  )
  test.each(matrix)('all is killed $when $action: the next run ends it', async (kill) => {
    const stage = await make()
    await stage.attempt(kill)
    expect(await finish(stage)).toBe('done')
    await sound(stage)
  })

  test.each(['create', 'set', 'end', 'try'])('the answer to %s is lost', async (step) => {
    const stage = await make()
    stage.issuer = { ...stage.issuer, lose: [step] }
    expect(await finish(stage)).toBe('done')
    await sound(stage)
  })
})
