/** What services do: a cap on keys, an overlap of their own, and knowing late of what they did. */
import { describe, expect, test } from 'vitest'
import type { Rotation } from '../../../src/rotation/types.ts'
import { Inside } from './inside.ts'

async function until(stage: Inside, over: (rotation: Rotation) => boolean): Promise<Rotation> {
  for (let tries = 0; tries < 20; tries += 1) {
    const rotation = await stage.attempt()
    if (over(rotation)) return rotation
  }
  throw new Error('it does not end')
}
const isOver = ({ step }: Rotation): boolean => ['done', 'stuck', 'abandoned'].includes(step)

describe('a cap on keys', () => {
  test('where there is no room for one more, nothing is ended to make some', async () => {
    const stage = await Inside.make('issued', { cap: 1 })
    const rotation = await until(stage, isOver)
    expect(rotation).toMatchObject({ step: 'stuck', failures: 3, reason: 'refused' })
    expect(stage.service).toMatchObject({ most: 1, made: 0, live: [{ id: 'first' }] })
    expect(stage.service.asked['end']).toBeUndefined()
    expect(await stage.current()).toEqual({ value: 'fake-first', version: '1' })
  })

  test('one that a lost answer left behind is ended before it fills the last place', async () => {
    const stage = await Inside.make('issued', { cap: 2, lose: ['create'] })
    expect((await until(stage, isOver)).step).toBe('done')
    const { most, live, asked } = stage.service
    expect({ most, live: live.length, creations: asked['create'] }).toEqual({
      most: 2,
      live: 1,
      creations: 2,
    })
  })

  test('one too many, of a creation that was sent twice, is ended with the old one', async () => {
    const stage = await Inside.make('issued', { cap: 3, twice: ['create'] })
    expect((await until(stage, isOver)).step).toBe('done')
    const { live, most } = stage.service
    expect(live.map(({ value }) => value)).toEqual([(await stage.current()).value])
    expect(most).toBe(3)
  })
})

describe('a roll with an overlap', () => {
  test('the old one lives beside the new one, and is seen to end by itself', async () => {
    const stage = await Inside.make('roll', { overlap: 90 })
    const waiting = await until(stage, ({ step }) => step === 'retired')
    expect(stage.service.live).toHaveLength(2)
    // An hour later it still lives: no failure.
    const again = await stage.attempt()
    expect(again).toMatchObject({ step: 'retired', attempts: waiting.attempts, failures: 0 })
    stage.service.clock += 91
    expect((await until(stage, isOver)).step).toBe('done')
    expect(stage.service.live.map(({ value }) => value)).toEqual([(await stage.current()).value])
  })

  test('one whose answer was lost is found and ended, and another roll takes its place', async () => {
    const stage = await Inside.make('roll', { lose: ['create'], overlap: 0 })
    expect((await until(stage, isOver)).step).toBe('done')
    expect(stage.service.live.map(({ value }) => value)).toEqual([(await stage.current()).value])
  })
})

describe('eventual consistency', () => {
  test('a fresh one that is refused at first is asked about again, and is not undone', async () => {
    const stage = await Inside.make('issued', { settling: 3 })
    const first = await stage.attempt()
    expect(first).toMatchObject({ step: 'staged', attempts: 1, failures: 0 })
    expect(await stage.current()).toMatchObject({ version: '1' })
    const rotation = await until(stage, isOver)
    expect(rotation).toMatchObject({ step: 'done', failures: 0 })
    expect(stage.service.asked['create']).toBe(1)
  })

  test('one that is never taken is undone after the stated window, and the current one stays', async () => {
    const stage = await Inside.make('issued', { settling: 1000 })
    const rotation = await until(stage, ({ failures }) => failures === 1)
    expect(rotation).toMatchObject({ step: 'planned', reason: 'refused' })
    // Seven questions, and then it was ended.
    expect(stage.service.asked['try']).toBe(7)
    expect(stage.service.live.map(({ value }) => value)).toEqual(['fake-first'])
    expect(await stage.current()).toMatchObject({ version: '1' })
  })

  test('a value that we chose and set is known at once: a refusal of it is final', async () => {
    const stage = await Inside.make('chosen', { takesNoNew: true })
    const rotation = await stage.attempt()
    expect(rotation).toMatchObject({ step: 'planned', failures: 1, reason: 'refused' })
    // Of the current one before, then of the new one; of both again, to see which is there to be undone.
    expect(stage.service.asked['try']).toBe(4)
    // What it replaced is set again.
    expect(stage.service.live).toMatchObject([{ value: 'fake-first' }])
  })

  test('an ended one that is still taken is asked about until it is not', async () => {
    const stage = await Inside.make('issued', { lingering: 3 })
    const rotation = await until(stage, ({ step }) => step === 'retired')
    expect(rotation).toMatchObject({ attempts: 1 })
    expect((await until(stage, isOver)).step).toBe('done')
    expect(stage.service.asked['end']).toBe(1)
  })
})
