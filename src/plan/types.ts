/** What a start needs, from where. Pure data that both wings may read; no value can be in it. */
import type { Code } from '../errors.ts'

/** Where a value lies inside a provider. */
export interface Location {
  /** The provider's own path: a file (empty: the provider's configured one), a variable, an id. */
  path: string
  /** A key inside what `path` names. */
  field?: string
  /** A second spelling of `field` (of `path` where there is no field), tried where the first is absent. */
  alias?: string
  version?: string
}

export interface ChainStep {
  provider: string
  at: Location
}

export type FallbackOn = 'unavailable' | 'not-found'

/** One credential slot of one agent, with everything decided that can be decided without asking. */
export interface PlannedBinding {
  agent: string
  tool: string
  slot: string
  ref: string
  envVar: string
  /** What the credential is for: an id of the catalogue, else the service the tool talks to by its name. */
  target: string
  /** How `target` was found; absent: by the tool's name alone, which nobody acts on. */
  targetBy?: 'service' | 'variable' | 'ref'
  required: boolean
  onFailure: 'deny-and-log' | 'deny-and-alert'
  delivery: 'env' | 'file'
  pathInEnvVar: boolean
  chain: readonly ChainStep[]
  fallbackOn: readonly FallbackOn[]
  /** How old the last good value may be in an outage, as the ref's entry says it (`15m`). */
  maxStale?: string
  /** RFC 3339, the earlier of binding and refMap. */
  expiresAt?: string
  deprecationDate?: string
  note?: string
  /** How the chain was found, for `why`. */
  route: 'environment' | 'refMap' | 'active-provider' | 'only-provider' | 'command-line' | 'none'
  /** Set where the binding cannot be served, whatever a provider would say. */
  problem?: { code: Code; message: string; hint: string }
}

export interface Plan {
  agent: string
  /** `default` where none is configured. */
  environment: string
  /** The agent's list, where it has one: a tool that is not in it is granted nothing. */
  capabilities?: readonly string[]
  bindings: readonly PlannedBinding[]
  /** Bindings that `--secrets-ref` left out: not asked for, and recorded. */
  skipped: readonly PlannedBinding[]
}
