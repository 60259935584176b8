/** What a run is told of its leases. Types only. */
import type { PlannedBinding } from '../../plan/types.ts'
import type { LostReason } from './words.ts'

/** Of each binding that received what the lease is of. Dates are milliseconds since 1970. */
export interface LeaseEvents {
  /** Another one takes the place of the one that was lost. */
  onHeld(binding: PlannedBinding, endsAt: number): void
  onRenewed(binding: PlannedBinding, endsAt: number): void
  onRevoked(binding: PlannedBinding): void
  /**
   * Once for each lease, before its end where the provider lets it live no longer, so that there is time to
   * fetch the value anew. What this means for the agent is decided by who tends the run.
   */
  onLost(binding: PlannedBinding, endsAt: number, reason: LostReason): void
}
