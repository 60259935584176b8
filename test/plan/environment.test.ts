import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/types.ts'
import { askedEnvironment, settleEnvironment } from '../../src/plan/environment.ts'

const gateway = (environment: string): Config => ({ openclaw: { gateway: { environment } } })
const both: Config = {
  ...gateway('production'),
  environments: { production: {}, development: {}, staging: { inherit: true } },
}

describe('which environment holds', () => {
  const table: [config: Config, asked: string | undefined, name: string, shared: boolean][] = [
    [{}, undefined, 'default', true],
    [{}, 'default', 'default', true],
    [gateway('production'), undefined, 'production', true],
    [gateway('production'), 'production', 'production', true],
    [both, undefined, 'production', true],
    [both, 'development', 'development', false],
    [both, 'staging', 'staging', true],
    [{ environments: { production: {} } }, undefined, 'default', true],
    [{ environments: { production: {} } }, 'production', 'production', false],
    [
      { ...gateway('production'), environments: { development: {} } },
      undefined,
      'production',
      true,
    ],
  ]
  test.each(table)('%j asked for %s', (config, asked, name, shared) => {
    expect(settleEnvironment(config, asked)).toEqual({ name, shared })
  })

  test.each([
    [{}, 'production'],
    [both, 'prod'],
    [both, 'default'],
    [both, ''],
    [both, 'toString'],
    [both, '__proto__'],
  ])('%j does not know %s', (config, asked) => {
    expect(() => settleEnvironment(config, asked)).toThrowError(
      expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN' }),
    )
  })

  test('a slip of the pen is answered with the nearest name and the list', () => {
    expect(() => settleEnvironment(both, 'prodution')).toThrowError(
      expect.objectContaining({
        message: 'no environment named "prodution"',
        hint: 'did you mean "production"? environments: production, development, staging',
      }),
    )
  })
})

test('the flag comes before the variable; an empty variable is none', () => {
  expect(askedEnvironment('a', 'b')).toBe('a')
  expect(askedEnvironment(undefined, 'b')).toBe('b')
  expect(askedEnvironment(undefined, '')).toBeUndefined()
  expect(askedEnvironment('', 'b')).toBe('')
})
