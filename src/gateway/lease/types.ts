/** What a run is told of its leases. Types only. */
import type { LostReason } from './words.ts'

export interface LeaseEvents {
  /**
   * Once for each lease, before its end where the provider lets it live no longer, so that there is time to
   * fetch the value anew. What this means for the agent is decided by who tends the run.
   *
   * @param envVar of the binding that received the value
   */
  onLost(envVar: string, reason: LostReason): void
}
