import { describe, expect, test } from 'vitest'
import { ON_CHANGE } from '../../../src/config/names.ts'
import { tendingOf } from '../../../src/gateway/tend/settings.ts'

describe('tendingOf', () => {
  test('nothing asked for, nothing started', () => {
    expect(tendingOf({})).toBeUndefined()
    expect(tendingOf({ onChange: 'none' })).toBeUndefined()
  })

  test.each([
    [{ onChange: 'rewrite' }, { onChange: { does: 'rewrite' }, everyMs: 300_000 }],
    [
      { onChange: 'restart', refreshEvery: '90s' },
      { onChange: { does: 'restart' }, everyMs: 90_000 },
    ],
    [{ refreshEvery: '2h' }, { onChange: { does: 'none' }, everyMs: 7_200_000 }],
    [{ refreshEvery: '1d' }, { onChange: { does: 'none' }, everyMs: 86_400_000 }],
  ])('%j', (agent, tending) => {
    expect(tendingOf(agent)).toEqual(tending)
  })

  test('knows every signal that the grammar of a config allows', () => {
    const names = /signal:\(\?:([A-Z0-9|]+)\)/.exec(ON_CHANGE.source)?.[1]?.split('|') ?? []
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      expect(tendingOf({ onChange: `signal:${name}` })?.onChange).toEqual({
        does: 'signal',
        signal: `SIG${name}`,
      })
    }
  })
})
