/**
 * The words that control and the lister exchange, one JSON line each way. Types and bounds only: this
 * file is read in both wings, and nothing in it can carry a value.
 *
 * control → lister (its fd 0): the order, then end of file.
 * lister → control (its fd 3): one answer for each store, in order.
 */
import type { Code } from '../../errors.ts'

/** More names than this are counted, not told. */
export const MAX_NAMES = 10_000
/** For one store whose names others share: a folder for each call, or a page. */
export const LIST_CALLS = 100
/** For one store to answer; a disk that hangs must not hang an audit. */
export const LIST_TIMEOUT_MS = 5000

export interface Order {
  v: 1
  stores: readonly Store[]
  /** Whose variables the providers may see, where there is a /proc to read them from. */
  gatewayPid?: number
}

export interface Store {
  /** The provider as the config names it. */
  provider: string
  type: string
  options: Readonly<Record<string, unknown>>
  /** Ends in a slash: names that begin with it, and no others. Left out: all of them. */
  prefix?: string
  /** How many calls may be made; left out: as many as it takes. */
  calls?: number
}

/**
 * `unlisted`: this kind of provider has no list. `refused`: it has one and did not give it; `calls`: it
 * would have taken more calls than it may make. `names`: without the prefix.
 * `hidden`: how many names are no refs, or could themselves be values; they are not told.
 * `more`: how many there are beyond `MAX_NAMES`.
 */
export type Listing = {
  /** Calls made. */
  spent?: number
} & (
  | { outcome: 'listed'; names: readonly string[]; hidden: number; more: number }
  | { outcome: 'unlisted' }
  | { outcome: 'refused'; code: Code; reason?: 'calls' }
)
