import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/types.ts'
import { statedTarget } from '../../src/plan/target.ts'

const ID = 'stripe-secret-key'
const TEST = { baseUrl: 'http://127.0.0.1:12111' }
const PROXY = { baseUrl: 'https://proxy.example.com' }

function configOf(
  home: string | undefined,
  environments: Config['environments'],
  shared: NonNullable<Config['targets']>[string] = TEST,
): Config {
  return {
    targets: { [ID]: shared },
    openclaw: { gateway: { ...(home && { environment: home }) } },
    ...(environments && { environments }),
  }
}

describe('what a config says of a target', () => {
  test('at its top holds where there are no environments, and in the configured one', () => {
    expect(statedTarget(configOf(undefined, undefined), 'default', ID)).toEqual({
      ...TEST,
      at: 'targets',
    })
    const config = configOf('development', { production: {}, staging: { inherit: true } })
    expect(statedTarget(config, 'development', ID)).toEqual({ ...TEST, at: 'targets' })
    expect(statedTarget(config, 'staging', ID)).toEqual({ ...TEST, at: 'targets' })
    expect(statedTarget(config, 'production', ID)).toBeUndefined()
    expect(statedTarget(config, 'development', 'toString')).toBeUndefined()
  })

  test('in an environment holds there and alone', () => {
    const config = configOf('development', {
      staging: { inherit: true, targets: { [ID]: PROXY } },
      development: { targets: { [ID]: {} } },
    })
    const at = 'environments.staging.targets'
    expect(statedTarget(config, 'staging', ID)).toEqual({ ...PROXY, at })
    expect(statedTarget(config, 'development', ID)?.baseUrl).toBeUndefined()
  })

  test.each(['production', 'prod', 'Live', 'prod-eu'])(
    'without TLS does not hold in %s, unless it is stated there',
    (name) => {
      const inherits = configOf('development', { [name]: { inherit: true } })
      expect(statedTarget(inherits, name, ID)).toMatchObject({ misplaced: true })
      const isHome = configOf(name, undefined)
      expect(statedTarget(isHome, name, ID)).toMatchObject({ misplaced: true })
      const safe = configOf('development', { [name]: { inherit: true } }, PROXY)
      expect(statedTarget(safe, name, ID)).toEqual({ ...PROXY, at: 'targets' })
      const stated = configOf('development', { [name]: { targets: { [ID]: TEST } } })
      expect(statedTarget(stated, name, ID)).toEqual({
        ...TEST,
        at: `environments.${name}.targets`,
      })
    },
  )
})
