/** Reads a checked config the way a person means it. Pure; the config itself stays as written. */
import { MONITOR, monitorOf } from './monitor.ts'
import { lowerSnake, upperSnake } from './names.ts'
import type {
  Agent,
  ChainEntry,
  Config,
  Credential,
  ProviderConfig,
  RefEntry,
  ToolBinding,
} from './types.ts'
import { CREDENTIAL_VARIABLES, PASSED_VARIABLES, matchesVariable } from './variables.ts'

/** Provider types that are there under their own name although no config speaks of them. */
export const IMPLICIT_PROVIDERS = ['file', 'env', 'vault', 'store'] as const

/** Types of providers that can be written to. */
export const WRITABLE_TYPES: ReadonlySet<string> = new Set([
  'file',
  'keychain',
  'store',
  'vault',
  'aws-secrets-manager',
  'aws-ssm',
])

/** All agents by id: the one under `agent` first, then those under `agents`, in the order written. */
export function agentsOf(config: Config): ReadonlyMap<string, Agent> {
  const agents = new Map<string, Agent>()
  if (config.agent !== undefined) {
    const { id, ...fields } = config.agent
    agents.set(id, fields)
  }
  for (const [id, agent] of Object.entries(config.agents ?? {})) agents.set(id, agent)
  return agents
}

/** Those of the config, and the built-in one that alerts are sent as, where it holds anything. */
export function everyAgentOf(config: Config): ReadonlyMap<string, Agent> {
  const monitor = monitorOf(config)
  return monitor === undefined ? agentsOf(config) : new Map(agentsOf(config)).set(MONITOR, monitor)
}

/** Provider name to its type and options (as written: a relative path is still relative). */
export function providersOf(config: Config): ReadonlyMap<string, ProviderConfig> {
  const table = new Map<string, ProviderConfig>()
  for (const [name, entry] of configuredProviders(config)) {
    const { type, ...options } = entry
    table.set(name, { type: typeof type === 'string' ? type : name, options })
  }
  for (const name of IMPLICIT_PROVIDERS) {
    if (!table.has(name)) table.set(name, { type: name, options: {} })
  }
  return table
}

/** `openclaw.gateway.environment`, or nothing where none is configured. */
export function environmentOf(config: Config): string | undefined {
  return config.openclaw?.gateway?.environment
}

type GatewaySecrets = NonNullable<
  NonNullable<NonNullable<Config['openclaw']>['gateway']>['secrets']
>

/** `openclaw.gateway.secrets`: refMap, active-provider, fallback, fallbackOn. */
export function gatewaySecretsOf(config: Config): GatewaySecrets {
  return config.openclaw?.gateway?.secrets ?? {}
}

/** The provider of a ref that no entry places: `active-provider`, else the only configured one. */
export function defaultProviderOf(
  config: Config,
): { name: string; route: 'active-provider' | 'only-provider' } | undefined {
  const active = gatewaySecretsOf(config)['active-provider']
  if (active !== undefined) return { name: active, route: 'active-provider' }
  const [only, second] = configuredProviders(config)
  return only === undefined || second !== undefined
    ? undefined
    : { name: only[0], route: 'only-provider' }
}

export interface Slot {
  tool: string
  slot: string
  binding: ToolBinding
  credential: Credential
  /** `credential.envVar`, else the ref in UPPER_SNAKE. */
  envVar: string
}

/** Every credential slot of one agent, in the order written. */
export function slotsOf(agent: Agent): Slot[] {
  const slots: Slot[] = []
  for (const [tool, binding] of Object.entries(agent['tool-bindings'] ?? {})) {
    for (const [slot, credential] of Object.entries(binding.credentials)) {
      slots.push({ tool, slot, binding, credential, envVar: envVarOf(credential) })
    }
  }
  return slots
}

/** The variable a slot is delivered in. */
function envVarOf(credential: Credential): string {
  return credential.envVar ?? upperSnake(credential.secretRef)
}

/** The variable that holds the path of a file delivery. */
export function fileVariableOf(envVar: string): string {
  return `${envVar}_FILE`
}

/** A refMap's or an environment's `provider` as a list, whatever way it was written. */
export function chainEntries(provider: RefEntry['provider']): readonly ChainEntry[] {
  return typeof provider === 'string' ? [provider] : provider
}

/** The provider that an entry of a chain names. */
export function providerNameOf(entry: ChainEntry): string {
  return typeof entry === 'string' ? entry : entry.provider
}

/** One placed ref: an entry of `refMap` or of an environment. */
export interface PlacedRef {
  ref: string
  entry: RefEntry
  /** Where it stands in the document. */
  at: readonly string[]
}

/** Every entry that says where a ref lies: all environments, then refMap. */
export function placedRefs(config: Config): PlacedRef[] {
  const placed: PlacedRef[] = []
  for (const [environment, { secrets }] of Object.entries(config.environments ?? {})) {
    for (const [ref, entry] of Object.entries(secrets ?? {})) {
      placed.push({ ref, entry, at: ['environments', environment, 'secrets', ref] })
    }
  }
  for (const [ref, entry] of Object.entries(gatewaySecretsOf(config).refMap ?? {})) {
    placed.push({ ref, entry, at: ['openclaw', 'gateway', 'secrets', 'refMap', ref] })
  }
  return placed
}

/** Every variable that any agent names: each `envVar` and its `_FILE`. */
export function boundVariables(config: Config): ReadonlySet<string> {
  const names = new Set<string>()
  for (const agent of agentsOf(config).values()) {
    for (const { envVar } of slotsOf(agent)) names.add(envVar).add(fileVariableOf(envVar))
  }
  return names
}

/**
 * Every variable that an env provider may read: what the config states as a location, and the ref's
 * UPPER_SNAKE wherever an env provider can be asked for it by default.
 */
export function envProviderVariables(config: Config): ReadonlySet<string> {
  const names = new Set<string>()
  const providers = providersOf(config)
  const isEnv = (name: string): boolean => providers.get(name)?.type === 'env'
  const byDefault = [
    defaultProviderOf(config)?.name,
    ...chainEntries(gatewaySecretsOf(config).fallback ?? []).map(providerNameOf),
  ].some((name) => name !== undefined && isEnv(name))

  const add = (
    ref: string,
    entry: ChainEntry,
    stated: { path?: string | undefined; target?: string | undefined },
  ): void => {
    if (isEnv(providerNameOf(entry))) names.add(stated.path ?? stated.target ?? upperSnake(ref))
  }
  for (const { ref, entry } of placedRefs(config)) {
    if (typeof entry.provider === 'string') add(ref, entry.provider, entry)
    else for (const step of entry.provider) add(ref, step, typeof step === 'string' ? {} : step)
    if (byDefault) names.add(upperSnake(ref))
  }
  if (byDefault) {
    for (const agent of everyAgentOf(config).values()) {
      for (const { credential } of slotsOf(agent)) names.add(upperSnake(credential.secretRef))
    }
  }
  return names
}

/** Names of all providers that the config speaks of: configured, in a chain, or by default. */
export function namedProviders(config: Config): ReadonlySet<string> {
  const names = new Set(configuredProviders(config).map(([name]) => name))
  const { fallback, 'active-provider': active } = gatewaySecretsOf(config)
  if (active !== undefined) names.add(active)
  for (const entry of chainEntries(fallback ?? [])) names.add(providerNameOf(entry))
  for (const { entry } of placedRefs(config)) {
    for (const step of chainEntries(entry.provider)) names.add(providerNameOf(step))
  }
  return names
}

/**
 * Variables that hold a credential of a provider the config names, as patterns (`AWS_*`): those of its
 * type, and what an exec provider is given by `passEnv`, unless every agent has it anyway (`PATH`).
 */
export function providerVariables(config: Config): ReadonlySet<string> {
  const patterns = new Set<string>()
  const table = providersOf(config)
  for (const name of namedProviders(config)) {
    const provider = table.get(name)
    if (provider === undefined) continue
    for (const pattern of CREDENTIAL_VARIABLES[provider.type] ?? []) patterns.add(pattern)
    const passEnv = provider.options['passEnv']
    if (!Array.isArray(passEnv)) continue
    for (const variable of passEnv) {
      if (typeof variable !== 'string') continue
      if (!PASSED_VARIABLES.some((passed) => matchesVariable(passed, variable)))
        patterns.add(variable)
    }
  }
  return patterns
}

/** What no agent of a config inherits: made once for a config, asked for each start. */
export interface Withheld {
  /** Names and patterns, for `matchesVariable`. */
  names: ReadonlySet<string>
  prefixes: readonly string[]
}

/**
 * What a run takes out of its caller's environment before an agent sees it, since a denied credential
 * must not arrive from the shell instead: every `envVar` and `<envVar>_FILE` that any agent names, every
 * variable that an env provider may read in any environment, and the credential variables of every
 * provider that the config names.
 */
export function withheldOf(config: Config): Withheld {
  const names = new Set([
    ...boundVariables(config),
    ...envProviderVariables(config),
    ...providerVariables(config),
  ])
  return { names, prefixes: [...names].filter((name) => name.endsWith('*')) }
}

/** The spellings in which the file provider looks for a ref that no entry places. */
export function fileSpellings(ref: string): readonly string[] {
  const second = lowerSnake(ref)
  return second === ref ? [ref] : [ref, second]
}

/** The entries under `secrets.providers`, in the order written. */
function configuredProviders(config: Config): [string, Readonly<Record<string, unknown>>][] {
  const entries: [string, Readonly<Record<string, unknown>>][] = []
  for (const [name, entry] of Object.entries(config.secrets?.providers ?? {})) {
    if (entry !== undefined) entries.push([name, entry])
  }
  return entries
}
