/** What became of a lease that was to be revoked: on record, and its file is somebody's or gone. */
import type { Entry, Event } from '../../audit/record.ts'
import type { Gateway } from '../gateway.ts'
import { giveBack, removeMark, type LeaseName } from './place.ts'
import { revokedMark, type FromLeaseKeeper } from './words.ts'

/** `undefined`: there was no keeper left to revoke it. */
export type LeaseEnd =
  | Extract<FromLeaseKeeper, { type: 'revoked' | 'ended' | 'kept' | 'unreadable' }>
  | undefined

/** Makes the record of one lease. */
export type LeaseEntry = (event: Event, fields: Partial<Entry>) => Entry

/** @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED: then its file or mark stays for the next start */
export async function settleLease(
  gateway: Gateway,
  lease: LeaseName,
  entry: LeaseEntry,
  end: LeaseEnd,
): Promise<void> {
  switch (end?.type) {
    case 'ended':
      return
    case 'revoked':
      await gateway.record([entry('lease.revoked', {})])
      removeMark(gateway.home, revokedMark(lease.name))
      return
    case 'kept':
      if (!lease.told) await gateway.record([notRevoked(entry, end.code)])
      break
    case 'unreadable':
      if (!lease.told) await gateway.record([notRevoked(entry, 'SECRET_MALFORMED')])
      break
    case undefined:
      if (!lease.told) await gateway.record([notRevoked(entry)])
      break
    default:
      return end satisfies never
  }
  giveBack(gateway.home, lease)
}

/** Said once; whoever starts next tries again. */
export function notRevoked(
  entry: LeaseEntry,
  code: NonNullable<Entry['code']> = 'PROVIDER_UNAVAILABLE',
): Entry {
  return entry('lease.lost', { reason: 'not-revoked', code })
}
