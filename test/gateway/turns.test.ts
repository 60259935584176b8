import { expect, test } from 'vitest'
import { Turns } from '../../src/gateway/turns.ts'

test('so many at once, the others in the order they came, and a failure gives its turn on', async () => {
  const turns = new Turns(2)
  const order: string[] = []
  let atOnce = 0
  let most = 0
  const work = (name: string, fails = false) =>
    turns.run(async () => {
      most = Math.max(most, ++atOnce)
      order.push(name)
      await Promise.resolve()
      atOnce -= 1
      if (fails) throw new Error('no')
      return name
    })
  const outcomes = await Promise.allSettled([
    work('a'),
    work('b', true),
    work('c'),
    work('d'),
    work('e'),
  ])
  expect(order).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(most).toBe(2)
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})
