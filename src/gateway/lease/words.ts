/**
 * The words that gateway and lease-keeper exchange, one JSON object a line. Types alone: nothing here can
 * carry a lease's id, which is a secret; a lease is named by its run and its place on that run's sheet.
 *
 * gateway → keeper: `open` once, then `hold` and `release`. End of file means: revoke all that is held, exit.
 * keeper → gateway: what became of each.
 */
import type { Code } from '../../errors.ts'

export interface OpenKeeper {
  type: 'open'
  /** As the config names it. */
  provider: string
  kind: string
  options: Readonly<Record<string, unknown>>
  /** Whose variables the provider may see; absent where there is no /proc. */
  gatewayPid?: number
  /** Absolute path of the key that lease files are sealed to. */
  key: string
}

export type ToLeaseKeeper =
  | OpenKeeper
  /** `file`: absolute path of the sealed file that the run's resolver wrote. */
  | { type: 'hold'; run: string; file: string }
  | { type: 'release'; run: string }

/** `lease-ended`: it may live no longer; `lease-gone`: the provider does not know it; else why it was not renewed. */
export const LOST_REASONS = ['lease-ended', 'lease-gone', 'lease-refused', 'provider-down'] as const
export type LostReason = (typeof LOST_REASONS)[number]

export type FromLeaseKeeper =
  /** It has read the file: from now on it needs nobody to revoke what is in it. */
  | { type: 'held'; run: string }
  | { type: 'renewed'; run: string; item: number; seconds: number }
  | { type: 'lost'; run: string; item: number; reason: LostReason; code?: Code }
  /** `left`: how many could not be revoked; where any are left, the run's file stays. */
  | { type: 'revoked'; run: string; left: number }
  /** Its file could not be read or opened; it stays. */
  | { type: 'unreadable'; run: string }

/** Where the leases of one fetch lie: `at` is the sheet's, and a provider's name may hold a slash. */
export function leaseFile(at: string, provider: string): string {
  return `${at}.${encodeURIComponent(provider)}.age`
}
