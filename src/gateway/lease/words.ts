/**
 * The words that gateway and lease-keeper exchange, one JSON object a line, and the names of lease files.
 * Nothing here can carry a lease's id, which is a secret: a lease is named by its file.
 *
 * gateway → keeper: `open` once, then `hold` and `release`. End of file means: revoke all that is held, exit.
 * keeper → gateway: what became of each.
 */
import type { Code } from '../../errors.ts'

export interface OpenKeeper {
  type: 'open'
  /** As the config names it. */
  provider: string
  /** Its type; empty where the config has no such provider any more: then nobody can be asked. */
  kind: string
  options: Readonly<Record<string, unknown>>
  /** Whose variables the provider may see; absent where there is no /proc. */
  gatewayPid?: number
  /** Absolute path of the folder of lease files. */
  dir: string
  /** Absolute path of the key that lease files are sealed to. */
  key: string
}

/** `lease`: the name of its file in `dir`. */
export type ToLeaseKeeper =
  | OpenKeeper
  | { type: 'hold'; lease: string }
  | { type: 'release'; lease: string }

/**
 * `lease-ended`: it may live no longer; `lease-gone`: the provider does not know it; `lease-refused`,
 * `provider-down`: why it was not renewed; `keeper-died`: there is nobody left to renew it.
 */
export const LOST_REASONS = [
  'lease-ended',
  'lease-gone',
  'lease-refused',
  'provider-down',
  'keeper-died',
] as const
export type LostReason = (typeof LOST_REASONS)[number]

export type FromLeaseKeeper =
  /** It has read the file. `items`: places on the sheet that it was fetched for; `endsAt`: ms since 1970. */
  | { type: 'held'; lease: string; items: readonly number[]; endsAt: number; renewable: boolean }
  | { type: 'renewed'; lease: string; endsAt: number }
  | { type: 'lost'; lease: string; reason: LostReason; code?: Code }
  /** Its file is gone; a mark in its place stays until that is on record. */
  | { type: 'revoked'; lease: string }
  /** It was over by itself; its file is gone. */
  | { type: 'ended'; lease: string }
  /** It could not be revoked; its file stays. */
  | { type: 'kept'; lease: string; code?: Code }
  /** Its file could not be read or opened; it stays. */
  | { type: 'unreadable'; lease: string }

const SEALED = '.age'
const MARK = '.revoked'

/** The file of one lease. @param at the sheet's @param item the first place on the sheet that it is for */
export function leaseFile(at: string, item: number, provider: string): string {
  return `${at}.${item}.${provider}${SEALED}`
}

/** What stands in a file's place when its lease is revoked, empty, until that is on record. */
export function revokedMark(file: string): string {
  return `${file.slice(0, -SEALED.length)}${MARK}`
}
