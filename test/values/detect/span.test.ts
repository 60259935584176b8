import { expect, test } from 'vitest'
import { merged, type Span } from '../../../src/values/detect/span.ts'

const span = (start: number, end: number, by: Span['by'], ...ids: string[]): Span => ({
  start,
  end,
  by,
  ids,
  known: by === 'known' ? [7] : [],
})

test('what overlaps is one, with all that it fits', () => {
  expect(merged([span(5, 9, 'catalogue', 'b'), span(0, 6, 'catalogue', 'a')])).toEqual([
    { start: 0, end: 6, by: 'catalogue', ids: ['a', 'b'], known: [] },
  ])
})

test('neighbours are not', () => {
  expect(merged([span(0, 5, 'name'), span(5, 9, 'name')])).toHaveLength(2)
})

test('a chain of overlaps is one', () => {
  expect(merged([span(0, 4, 'name'), span(3, 7, 'name'), span(6, 9, 'name')])).toHaveLength(1)
})

test('the most certain says where and what, the others what else', () => {
  const all = [span(0, 20, 'name'), span(2, 9, 'known'), span(1, 10, 'catalogue', 'stripe')]
  expect(merged(all)).toEqual([{ start: 2, end: 9, by: 'known', ids: ['stripe'], known: [7] }])
})

test('a rule for one service does not name what the catalogue knows to be shared', () => {
  const shared = span(0, 9, 'catalogue', 'clerk', 'stripe-secret-key')
  expect(merged([span(0, 9, 'lint', 'stripe'), shared])[0]?.ids).toEqual([
    'clerk',
    'stripe-secret-key',
  ])
  expect(merged([span(0, 9, 'lint', 'stripe')])[0]?.ids).toEqual(['stripe'])
})
