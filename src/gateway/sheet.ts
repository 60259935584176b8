/**
 * The words that gateway and resolver exchange, one JSON object a line. Types and closed lists only:
 * this file is read in both wings, and nothing in it can carry a value.
 *
 * gateway → resolver (its fd 0): `sheet`, then `release` or end of file. End of file before
 * `release` means: wipe, exit, nothing was started.
 * resolver → gateway (its fd 3): `fetched`, then `delivered` or `undelivered`.
 * resolver → launcher (its fd 4): the script, after `release`.
 */
import type { Code } from '../errors.ts'
import type { ChainStep, FallbackOn } from '../plan/types.ts'
import type { Fetched } from '../policy/fetched.ts'

export interface SheetItem {
  ref: string
  envVar: string
  delivery: 'env' | 'file' | 'none'
  pathInEnvVar: boolean
  chain: readonly ChainStep[]
  fallbackOn: readonly FallbackOn[]
  /** Where a file delivery goes: absolute, inside the run's private folder. */
  file?: string
  /** By provider of the chain: how old its last good value may be in an outage, in milliseconds. */
  maxStale?: Readonly<Record<string, number>>
  /** Ids of targets: the report says whether the value has the form of one of them. */
  targets?: readonly string[]
}

export interface SheetProvider {
  type: string
  options: Readonly<Record<string, unknown>>
  /** How many calls this start may make, and when they were taken (ms); absent: as many as it likes. */
  budget?: { calls: number; at: number }
}

/** Where values were kept of a place that is written to now, in whichever environment. */
export interface KeptPlaces {
  dir: string
  /** The key file that they are sealed to. */
  identity: string
  fingerprintKey: string
  config: string
  environments: readonly string[]
}

/** Where last good values are kept, and whose they are. */
export interface StalePlace {
  dir: string
  /** The key file that they are sealed to. */
  identity: string
  config: string
  environment: string
}

export interface Sheet {
  type: 'sheet'
  v: 1
  run: string
  /** Whose `/proc/<pid>/environ` holds the inherited variables; absent where there is no /proc. */
  gatewayPid?: number
  /** Absolute path of the key for fingerprints; made on first use, in the value wing. */
  fingerprintKey: string
  deadlineMs: number
  providers: Readonly<Record<string, SheetProvider>>
  items: readonly SheetItem[]
  /** There where an item may be served from its last good value, or something is kept from before. */
  stale?: StalePlace
  /** What the agent's arguments cost of the space that arguments and environment share, in bytes. */
  argumentBytes: number
  /** Names of variables that the agent gets from the gateway's own environment. */
  inherit: readonly string[]
  /** Variables of ours for the agent; never secret. */
  set: Readonly<Record<string, string>>
  /** Where leases are kept, see `leaseFile`, and the key they are sealed to; both absolute. */
  leases: { at: string; key: string }
  /** Signals that were ignored when we were started, and so are for the agent (nohup). */
  ignoreSignals: readonly string[]
  /** The agent runs already: what is released replaces its files, and there is no launcher. */
  rewrite?: true
  /** The soft limit on open files that we were started with; Node raises its own. */
  openFiles?: number
}

export type ToResolver = Sheet | { type: 'release'; items: readonly number[] }

export type FromResolver =
  | {
      type: 'fetched'
      items: readonly Fetched[]
      /** Calls made, for each provider with a budget; left out, all that was allotted counts. */
      spent?: Readonly<Record<string, number>>
    }
  | {
      type: 'delivered'
      /** Items whose values could not be kept for an outage. */
      unkept?: readonly number[]
    }
  | { type: 'undelivered'; code: Code; reason?: string }

/** The reason of `undelivered` where the key for fingerprints could not be read or made. */
export const KEY_TROUBLE = 'fingerprint-key'

/**
 * Where there is no /proc, a variable for the resolver travels in its own environment under this prefix:
 * there no name means anything to Node, OpenSSL or the loader (OPENSSL_CONF would load foreign code).
 */
export const HANDED_PREFIX = 'SECRETREF_HANDED_'
