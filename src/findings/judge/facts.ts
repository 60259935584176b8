/** What an audit has gathered: all that judging is made of. Types only. */
import type { At } from '../../config/problems.ts'
import type { PlacedRef } from '../../config/accessors.ts'
import type { ChainStep, PlannedBinding } from '../../plan/types.ts'
import type { ListedStore, Pointing } from '../../plan/unused.ts'
import type { Decision } from '../../policy/decide.ts'
import type { Fetched } from '../../policy/fetched.ts'
import type { Rule } from '../../rotation/due.ts'
import type { RotationReason, Step } from '../../rotation/types.ts'
import type { Place, Severity } from '../types.ts'

export interface AuditFacts {
  /** The config's path, absolute. */
  config: string
  now: Date
  limits: Limits
  /** The environment that the gateway serves, or the one that was asked for. */
  home: string
  /** Every environment that was looked at. */
  environments: readonly string[]
  bindings: readonly BindingFact[]
  /** What covered bindings read, in every environment that there is. */
  uses: readonly Pointing[]
  placed: readonly PlacedFact[]
  /** The catalogue's: a target's id to its service. */
  services: ReadonlyMap<string, string>
  stores: readonly StoreFact[]
  /** Each file provider's own file or folder, absolute. */
  files: ReadonlyMap<string, string>
  paths: readonly PathFact[]
  /** Our user id. */
  uid: number
  agents: readonly AgentFact[]
  /** When the config was last written. */
  configWritten: Date
  literals: readonly LiteralFact[]
  /** Those that are not over, of the environments that were looked at. */
  rotations: readonly RotationFact[]
  place: (at: At) => Place
}

/** Days. */
export interface Limits {
  expiring: number
  maxAge: number
  idle: number
}

/** One slot of one agent in one environment. */
export interface BindingFact {
  binding: PlannedBinding
  environment: string
  /** False where the agent has capabilities and the tool is not among them. */
  covered: boolean
  at: At
  /** On what the config says, and where it was fetched on that too. */
  decision: Decision
  /** Absent where it was not asked for. */
  fetched?: Fetched
  /** As the config states it. */
  service?: string
  /** When it is to be replaced, where its entry says so. */
  rule?: Rule
  /** Since when it has the value that was fetched, where that is known and it has a rule. */
  since?: Date
  /** In production: the providers of its chain that keep plaintext. */
  plaintext?: readonly string[]
}

/** An entry of `refMap` or of an environment, with the chain that it stands for. */
export interface PlacedFact extends PlacedRef {
  chain: readonly ChainStep[]
}

export interface RotationFact {
  ref: string
  environment: string
  step: Step
  reason?: RotationReason
  /** What its last answer said. */
  met?: string
  /** Whole rotations of this version that failed. */
  failures: number
  /** When it came there. */
  since: Date
  /** The config has cut it off: why nobody can go on with it, and what a person does. */
  cutOff?: { message: string; hint: string }
}

export type StoreFact =
  | ({ outcome: 'listed'; hidden: number; more: number } & ListedStore)
  | { outcome: 'not-listed'; provider: string; reason: string; path?: string }

export interface AgentFact {
  agent: string
  at: At
  /** When its last run ended, or where that is not known began; absent where there was none. */
  lastRun?: Date
  running: boolean
}

/** A credential in plain text. */
export interface LiteralFact {
  message: string
  /** What it is, in a few words. */
  kind: string
  severity: Severity
  place: Place
}

/** A file or folder as `lstat` shows it. */
export interface PathFact {
  path: string
  what: string
  folder: boolean
  uid: number
  mode: number
  /** Nobody else may reach it; or nobody else may change it. */
  rule: 'private' | 'unwritable'
  /** True where root may own it too. */
  orRoot: boolean
  /** Of a private file: a folder above it keeps everybody else out. */
  shutOff: boolean
  /** For a folder: the files that lie below it. */
  towards: readonly string[]
}
