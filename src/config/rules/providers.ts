/** Providers: that each name is one, and that a location says whose it is. Pure. */
import {
  IMPLICIT_PROVIDERS,
  chainEntries,
  gatewaySecretsOf,
  placedRefs,
  providerNameOf,
  providersOf,
  type PlacedRef,
} from '../accessors.ts'
import { PROVIDER, VARIABLE } from '../names.ts'
import { keysAt } from '../node.ts'
import { invalid, type At } from '../problems.ts'
import { didYouMean } from '../suggest.ts'
import type { ChainEntry, Config, Problem, ProviderConfig } from '../types.ts'
import { CREDENTIAL_VARIABLES, matchesVariable } from '../variables.ts'

const LOCATION_WORDS = ['path', 'target', 'field', 'version'] as const

/** @param raw the document as read: a provider that is there but written wrongly is no unknown name */
export function judgeProviders(config: Config, raw: unknown): Problem[] {
  const configured = keysAt(raw, ['secrets', 'providers'])
  const known = new Set<string>([...IMPLICIT_PROVIDERS, ...configured])
  const table = providersOf(config)
  const problems = configured
    .filter((name) => !PROVIDER.test(name))
    .map((name) =>
      invalid(
        ['secrets', 'providers', name],
        'this is no name for a provider',
        'a letter or digit first, then letters, digits and . _ - up to 64',
      ),
    )
  for (const { at, name } of namedIn(config)) {
    if (!known.has(name)) problems.push(unknownProvider(at, name, known))
  }
  for (const placed of placedRefs(config)) problems.push(...judgePlace(placed, table))
  return problems
}

function unknownProvider(at: At, name: string, known: ReadonlySet<string>): Problem {
  return name === 'exec'
    ? invalid(at, 'no exec provider is configured', 'add secrets.providers.exec with a command')
    : invalid(at, 'no provider of this name is configured', didYouMean(name, known))
}

/** Every place that names a provider. */
function namedIn(config: Config): { at: At; name: string }[] {
  const base = ['openclaw', 'gateway', 'secrets']
  const { 'active-provider': active, fallback } = gatewaySecretsOf(config)
  const named: { at: At; name: string }[] = []
  if (active !== undefined) named.push({ at: [...base, 'active-provider'], name: active })
  if (fallback !== undefined) named.push(...namesIn(fallback, [...base, 'fallback']))
  for (const { entry, at } of placedRefs(config)) {
    named.push(...namesIn(entry.provider, [...at, 'provider']))
  }
  return named
}

function namesIn(chain: string | readonly ChainEntry[], at: At): { at: At; name: string }[] {
  if (typeof chain === 'string') return [{ at, name: chain }]
  return chainEntries([...chain]).map((entry, index) => ({
    at: [...at, index],
    name: providerNameOf(entry),
  }))
}

function judgePlace(
  { entry, at }: PlacedRef,
  table: ReadonlyMap<string, ProviderConfig>,
): Problem[] {
  if (typeof entry.provider === 'string') return judgeVariable(entry.provider, entry, at, table)
  const outside = LOCATION_WORDS.filter((word) => entry[word] !== undefined).map((word) =>
    invalid(
      [...at, word],
      `"${word}" beside a list of providers leaves open whose it is`,
      `move it into the list: {"provider": "…", "${word}": "…"}`,
    ),
  )
  const inside = entry.provider.flatMap((step, index) =>
    typeof step === 'string'
      ? []
      : judgeVariable(step.provider, step, [...at, 'provider', index], table),
  )
  return [...outside, ...inside]
}

/** An env provider reads a variable of this name, and never another provider's credential. */
function judgeVariable(
  name: string,
  stated: { path?: string | undefined; target?: string | undefined },
  at: At,
  table: ReadonlyMap<string, ProviderConfig>,
): Problem[] {
  if (table.get(name)?.type !== 'env') return []
  const word = stated.path === undefined ? 'target' : 'path'
  const variable = stated[word]
  if (variable === undefined) return []
  const here = [...at, word]
  if (!VARIABLE.test(variable)) {
    return [invalid(here, 'an env provider needs the name of a variable here')]
  }
  for (const [type, patterns] of Object.entries(CREDENTIAL_VARIABLES)) {
    if (usesType(table, type) && patterns.some((pattern) => matchesVariable(pattern, variable))) {
      return [invalid(here, `this variable is the credential of a ${type} provider`)]
    }
  }
  return []
}

function usesType(table: ReadonlyMap<string, ProviderConfig>, type: string): boolean {
  return [...table.values()].some((provider) => provider.type === type)
}
