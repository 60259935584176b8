/** In which environments an audit looks, and what counts as use whichever it looks in. */
import { describe, expect, test } from 'vitest'
import type { Config } from '../../../src/config/types.ts'
import { planAll, type Planned } from '../../../src/gateway/audit/plans.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const plan = (config: Config, asked?: string): Planned =>
  planAll({ config, configDir: '/c', userHome: '/h', asked, now: NOW })

const AGENTS: Config['agents'] = {
  a: { 'tool-bindings': { t: { credentials: { k: { secretRef: 'key', envVar: 'KEY' } } } } },
  limited: {
    capabilities: ['other'],
    'tool-bindings': { t: { credentials: { k: { secretRef: 'old', envVar: 'KEY' } } } },
  },
}
const inFile = (path: string): { secrets: { key: { provider: string; path: string } } } => ({
  secrets: { key: { provider: 'file', path } },
})
const ENVIRONMENTS: Config['environments'] = {
  production: inFile('/p/key'),
  development: inFile('/d/key'),
}

describe('environments', () => {
  test.each<[string, Config, string[]]>([
    ['none stated', { agents: AGENTS }, ['default']],
    [
      'a configured one and others',
      {
        agents: AGENTS,
        environments: ENVIRONMENTS,
        openclaw: { gateway: { environment: 'staging' } },
      },
      ['staging', 'production', 'development'],
    ],
    [
      'one that is only implied, and in which no ref could be found',
      { agents: AGENTS, environments: ENVIRONMENTS },
      ['production', 'development'],
    ],
    [
      'one that is implied and has refs of its own',
      {
        agents: AGENTS,
        environments: ENVIRONMENTS,
        openclaw: { gateway: { secrets: { 'active-provider': 'file' } } },
      },
      ['default', 'production', 'development'],
    ],
  ])('%s', (_, config, names) => {
    expect(plan(config).environments).toEqual(names)
  })

  test('one alone where it is asked for; what another one reads is used all the same', () => {
    const config = { agents: AGENTS, environments: ENVIRONMENTS }
    const { environments, home, plans, uses } = plan(config, 'development')
    expect({ environments, home }).toEqual({ environments: ['development'], home: 'development' })
    expect(plans.map((one) => [one.plan.agent, one.plan.environment])).toEqual([
      ['a', 'development'],
      ['limited', 'development'],
    ])
    const paths = uses.flatMap(({ chain }) => chain.map(({ at }) => at.path))
    expect(paths).toEqual(expect.arrayContaining(['/p/key', '/d/key']))
    expect(() => plan(config, 'nowhere')).toThrow(/no environment named/)
  })
})

test('each slot says whether a capability covers it, where it stands, and the service it states', () => {
  const credentials = {
    k: { secretRef: 'key', envVar: 'KEY', service: 'slack' },
    l: { secretRef: 'other', envVar: 'OTHER' },
  }
  const config: Config = {
    agent: { id: 'one', 'tool-bindings': { t: { service: 'stripe', credentials } } },
    agents: AGENTS,
  }
  const facts = plan(config).plans.flatMap(({ bindings }) => bindings)
  expect(facts.map(({ covered, at, service }) => [at.join('.'), covered, service])).toEqual([
    ['agent.tool-bindings.t.credentials.k', true, 'slack'],
    ['agent.tool-bindings.t.credentials.l', true, 'stripe'],
    ['agents.a.tool-bindings.t.credentials.k', true, undefined],
    ['agents.limited.tool-bindings.t.credentials.k', false, undefined],
  ])
  expect(plan(config).uses.map(({ ref }) => ref)).not.toContain('old')
})
