/** Providers: that each name is one, and that a location says whose it is. Pure. */
import {
  IMPLICIT_PROVIDERS,
  gatewaySecretsOf,
  placedRefs,
  providerNameOf,
  providersOf,
  type PlacedRef,
} from '../accessors.ts'
import { PROVIDER, VARIABLE } from '../names.ts'
import { keysAt } from '../node.ts'
import { invalid, type At } from '../problems.ts'
import { didYouMean, type Patience } from '../suggest.ts'
import type { Config, Problem, ProviderConfig, RefEntry } from '../types.ts'
import { CREDENTIAL_VARIABLES, matchesVariable } from '../variables.ts'
import { judgeProgram } from './programs.ts'

const LOCATION_WORDS = ['path', 'target', 'field', 'version'] as const

/** @param raw the document as read: a provider that is there but written wrongly is no unknown name */
export function* judgeProviders(
  config: Config,
  raw: unknown,
  patience: Patience,
): Generator<Problem> {
  const configured = keysAt(raw, ['secrets', 'providers'])
  for (const name of configured) {
    if (PROVIDER.test(name)) continue
    yield invalid(
      ['secrets', 'providers', name],
      'this is no name for a provider',
      'a letter or digit first, then letters, digits and . _ - up to 64',
    )
  }
  const known = new Set<string>([...IMPLICIT_PROVIDERS, ...configured])
  const placed = placedRefs(config)
  for (const { at, name } of namedIn(config, placed)) {
    if (!known.has(name)) yield unknownProvider(at, name, known, patience)
  }
  const table = providersOf(config)
  const types = new Set([...table.values()].map(({ type }) => type))
  for (const ref of placed) yield* judgePlace(ref, { table, types })
  for (const [name, provider] of table) {
    if (provider.type !== 'exec') continue
    yield* judgeProgram(['secrets', 'providers', name], provider.options, {
      env: 'name it in passEnv, so that it comes from the environment of the gateway',
      args: 'name a variable in passEnv, and let the program read that',
    })
  }
}

function unknownProvider(
  at: At,
  name: string,
  known: ReadonlySet<string>,
  patience: Patience,
): Problem {
  return name === 'exec'
    ? invalid(at, 'no exec provider is configured', 'add secrets.providers.exec with a command')
    : invalid(at, 'no provider of this name is configured', didYouMean(name, known, patience))
}

interface Named {
  at: At
  name: string
}

/** Every place that names a provider. */
function* namedIn(config: Config, placed: readonly PlacedRef[]): Generator<Named> {
  const base = ['openclaw', 'gateway', 'secrets']
  const { 'active-provider': active, fallback } = gatewaySecretsOf(config)
  if (active !== undefined) yield { at: [...base, 'active-provider'], name: active }
  if (fallback !== undefined) yield* namesIn(fallback, [...base, 'fallback'])
  for (const { entry, at } of placed) yield* namesIn(entry.provider, [...at, 'provider'])
}

function* namesIn(chain: RefEntry['provider'], at: At): Generator<Named> {
  if (typeof chain === 'string') {
    yield { at, name: chain }
    return
  }
  for (const [index, entry] of chain.entries()) {
    yield { at: [...at, index], name: providerNameOf(entry) }
  }
}

interface Known {
  table: ReadonlyMap<string, ProviderConfig>
  /** Types of all providers in the table. */
  types: ReadonlySet<string>
}

function* judgePlace({ entry, at }: PlacedRef, known: Known): Generator<Problem> {
  if (typeof entry.provider === 'string') {
    yield* judgeVariable(entry.provider, entry, at, known)
    return
  }
  for (const word of LOCATION_WORDS) {
    if (entry[word] === undefined) continue
    yield invalid(
      [...at, word],
      `"${word}" beside a list of providers leaves open whose it is`,
      `move it into the list: {"provider": "…", "${word}": "…"}`,
    )
  }
  for (const [index, step] of entry.provider.entries()) {
    if (typeof step === 'string') continue
    yield* judgeVariable(step.provider, step, [...at, 'provider', index], known)
  }
}

/** An env provider reads a variable of this name, and never another provider's credential. */
function* judgeVariable(
  name: string,
  stated: { path?: string | undefined; target?: string | undefined },
  at: At,
  { table, types }: Known,
): Generator<Problem> {
  if (table.get(name)?.type !== 'env') return
  const word = stated.path === undefined ? 'target' : 'path'
  const variable = stated[word]
  if (variable === undefined) return
  const here = [...at, word]
  if (!VARIABLE.test(variable)) {
    yield invalid(here, 'an env provider needs the name of a variable here')
    return
  }
  for (const type of types) {
    const patterns = CREDENTIAL_VARIABLES[type] ?? []
    if (!patterns.some((pattern) => matchesVariable(pattern, variable))) continue
    yield invalid(here, `this variable is the credential of a ${type} provider`)
  }
}
