import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  agentsOf,
  boundVariables,
  placedRefs,
  providersOf,
  slotsOf,
  withheldOf,
} from '../../src/config/accessors.ts'
import { isConfig } from '../../src/config/check.generated.ts'
import { judge } from '../../src/config/semantics.ts'
import type { Config } from '../../src/config/types.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeEnvironment, sharesGateway } from '../../src/plan/environment.ts'
import { inheritedNames } from '../../src/plan/inherit.ts'
import { locate } from '../../src/plan/locate.ts'
import { planAgent, type Request } from '../../src/plan/plan.ts'
import type { ChainStep, Plan } from '../../src/plan/types.ts'
import { decide } from '../../src/policy/decide.ts'
import { AGENTS, configArbitrary, ENVIRONMENTS, PROVIDERS, REFS } from './arbitrary.ts'

const folders = { configDir: '/etc/app', userHome: '/home/me' }
const runs = { numRuns: 300 }
const now = new Date('2026-06-15T00:00:00Z')

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 })
/** Words of a command line, right and wrong ones. */
const requests = fc.record({
  agent: fc.constantFrom(...AGENTS, ...AGENTS, 'nobody', undefined),
  environment: maybe(fc.constantFrom(...ENVIRONMENTS, 'default', 'nowhere')),
  secretsRef: maybe(fc.array(fc.constantFrom(...REFS, 'unbound'), { maxLength: 3 })),
  env: maybe(fc.array(fc.constantFrom('A', 'B', 'PATH', 'not a name'), { maxLength: 3 })),
  secretsProvider: maybe(fc.constantFrom(...PROVIDERS, 'none')),
})
type Words = Request & { environment?: string | undefined }

/** The plan, or nothing where the command is refused; anything but our own error fails the test. */
function planned(config: Config, words: Words): Plan | undefined {
  try {
    return planAgent({ config, ...folders, ...words })
  } catch (error) {
    if (error instanceof SecretRefError) return undefined
    throw error
  }
}

const configAndWords = [configArbitrary, requests] as const

test('the arbitrary makes configs that the loader accepts', async () => {
  await fc.assert(
    fc.asyncProperty(configArbitrary, async (config) => {
      const raw: unknown = JSON.parse(JSON.stringify(config))
      expect(isConfig(raw)).toBe(true)
      const problems = await judge(config, raw, now)
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    }),
    runs,
  )
})

test('and plans of every kind come of them', () => {
  const seen = new Set<string>()
  const sample = fc.sample(fc.tuple(...configAndWords), { numRuns: 1000, seed: 7 })
  for (const [config, words] of sample) {
    const plan = planned(config, words)
    if (plan === undefined) seen.add('refused')
    for (const { route, problem, chain } of plan?.bindings ?? []) {
      seen.add(problem?.code ?? route)
      if (chain.length > 1) seen.add('chain')
    }
  }
  for (const kind of [
    'refused',
    'environment',
    'refMap',
    'active-provider',
    'command-line',
    'REF_UNKNOWN',
    'ENVIRONMENT_MISMATCH',
    'chain',
  ]) {
    expect(seen).toContain(kind)
  }
})

test('planning is deterministic and throws nothing but our own error', () => {
  fc.assert(
    fc.property(...configAndWords, (config, words) => {
      const before = JSON.stringify(config)
      expect(planned(config, words)).toEqual(planned(structuredClone(config), words))
      expect(JSON.stringify(config)).toBe(before)
    }),
    runs,
  )
})

test('nothing is granted that no tool binding of the agent names', () => {
  fc.assert(
    fc.property(...configAndWords, (config, words) => {
      const plan = planned(config, words)
      if (plan === undefined) return
      const agent = agentsOf(config).get(plan.agent)
      const bound = slotsOf(agent ?? {}).map(({ tool, slot, credential }) =>
        JSON.stringify([tool, slot, credential.secretRef]),
      )
      for (const { binding } of decide(plan, { now, strict: false })) {
        expect(bound).toContain(JSON.stringify([binding.tool, binding.slot, binding.ref]))
      }
    }),
    runs,
  )
})

test('a tool that is not among the capabilities is granted nothing', () => {
  fc.assert(
    fc.property(...configAndWords, (config, words) => {
      const plan = planned(config, words)
      if (plan === undefined) return
      const capabilities = agentsOf(config).get(plan.agent)?.capabilities
      for (const { allow, binding, code } of decide(plan, { now, strict: false })) {
        if (capabilities === undefined || capabilities.includes(binding.tool)) continue
        expect([allow, code]).toEqual([false, 'CAPABILITY_MISSING'])
      }
    }),
    runs,
  )
})

test('--secrets-ref only narrows', () => {
  fc.assert(
    fc.property(...configAndWords, (config, words) => {
      const all = planned(config, { ...words, secretsRef: undefined, env: undefined })
      const some = planned(config, { ...words, env: undefined })
      if (all === undefined || some === undefined) return
      const known = all.bindings.map((binding) => JSON.stringify(binding))
      for (const binding of some.bindings) expect(known).toContain(JSON.stringify(binding))
      expect(some.bindings.length + some.skipped.length).toBe(all.bindings.length)
      if (words.secretsRef !== undefined) {
        for (const { ref } of some.bindings) expect(words.secretsRef).toContain(ref)
      }
    }),
    runs,
  )
})

/** Where a step reads, without the provider's name where that does not matter. */
function place({ provider, at }: ChainStep, config: Config): string[] {
  const { type = provider, options } = providersOf(config).get(provider) ?? {}
  const path = type === 'file' && at.path === '' ? JSON.stringify(options?.['path'] ?? '') : at.path
  return [at.field ?? '', at.alias ?? at.field ?? ''].map((field) =>
    JSON.stringify([type, path, field]),
  )
}

/** Straight from the text of the rule, without the index that the planner uses. */
function statedBy(config: Config): Map<string, Set<string>> {
  const stated = new Map<string, Set<string>>()
  const home = homeEnvironment(config)
  const all = [...new Set([home, ...Object.keys(config.environments ?? {})])]
  for (const { ref, entry, at } of placedRefs(config)) {
    const owners =
      at[0] === 'environments' ? [String(at[1])] : all.filter((e) => sharesGateway(config, e))
    const entries =
      typeof entry.provider === 'string' ? [{ ...entry, provider: entry.provider }] : entry.provider
    for (const item of entries) {
      const written = typeof item === 'string' ? { provider: item } : item
      const type = providersOf(config).get(written.provider)?.type ?? ''
      const step = { provider: written.provider, at: locate(type, ref, written, folders) }
      for (const key of place(step, config)) {
        const owning = stated.get(key) ?? new Set()
        stated.set(key, owning)
        for (const owner of owners) owning.add(owner)
      }
    }
  }
  return stated
}

describe('a chain that is granted never leaves its environment', () => {
  test('no step reads what only another environment states', () => {
    fc.assert(
      fc.property(...configAndWords, (config, words) => {
        const plan = planned(config, words)
        if (plan === undefined || config.environments === undefined) return
        const stated = statedBy(config)
        for (const { problem, chain } of plan.bindings) {
          if (problem !== undefined) continue
          for (const key of chain.flatMap((step) => place(step, config))) {
            const owners = stated.get(key)
            if (owners !== undefined) expect([...owners]).toContain(plan.environment)
          }
        }
      }),
      { numRuns: 800 },
    )
  })

  test('an environment of its own sees what it lists, and nothing else', () => {
    fc.assert(
      fc.property(...configAndWords, (config, words) => {
        const plan = planned(config, words)
        if (plan === undefined || sharesGateway(config, plan.environment)) return
        const listed = Object.keys(config.environments?.[plan.environment]?.secrets ?? {})
        for (const { problem, ref } of plan.bindings) {
          if (problem === undefined) expect(listed).toContain(ref)
        }
      }),
      runs,
    )
  })
})

test('no variable that any agent names, or any granted chain reads, is inherited', () => {
  fc.assert(
    fc.property(...configAndWords, fc.boolean(), (config, words, pristine) => {
      const plan = planned(config, words)
      if (plan === undefined) return
      const bindings = [...plan.bindings, ...plan.skipped]
      const reads = bindings.flatMap(({ chain }) =>
        chain
          .filter(({ provider }) => providersOf(config).get(provider)?.type === 'env')
          .map(({ at }) => at.path),
      )
      const secret = [...boundVariables(config), ...bindings.map(({ envVar }) => envVar), ...reads]
      const names = [...secret, 'PATH', 'EDITOR_THEME', 'SECRETREF_RUN']
      const withheld = withheldOf(config)
      const passed = inheritedNames({ config, withheld, plan, names, pristine, fromParent: [] })
      expect(passed.filter((name) => secret.includes(name))).toEqual([])
      expect(passed).toContain('PATH')
      expect(passed).not.toContain('SECRETREF_RUN')
    }),
    runs,
  )
})
