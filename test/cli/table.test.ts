import { describe, expect, test } from 'vitest'
import { table, width } from '../../src/cli/table.ts'

describe('width', () => {
  test.each([
    ['', 0],
    ['stripe', 6],
    ['支付', 4],
    ['결제', 4],
    ['カード', 6],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['🇨🇳', 2],
    ['👍🏽', 2],
    ['✅', 2],
    ['⚠️', 2],
    ['❌', 2],
    ['⚪', 2],
    ['→', 1],
    ['𠀀', 2],
    ['\u200b', 0],
  ])('of %j is %i', (text, columns) => {
    expect(width(text)).toBe(columns)
  })
})

describe('table', () => {
  test('pads each column to its widest cell, and the last one not at all', () => {
    expect(
      table([
        ['REF', 'AGENT', 'STATE'],
        ['stripe-api-key', '支付分析', 'ready'],
        ['x', '😀', 'injected'],
        ['y', '', ''],
      ]),
    ).toBe(
      [
        'REF             AGENT     STATE',
        'stripe-api-key  支付分析  ready',
        'x               😀        injected',
        'y',
        '',
      ].join('\n'),
    )
  })

  test('no rows, no text', () => {
    expect(table([])).toBe('')
  })

  test('what could deceive a terminal is shown as text, and counted as such', () => {
    expect(
      table([
        ['a\u001b[31m\n', 'b'],
        ['\u202e', 'c'],
      ]),
    ).toBe('a\\u{1b}[31m\\u{a}  b\n\\u{202e}          c\n')
  })
})
