/** What a run received, as its tender knows it. Types only. */
import type { Plan } from '../../plan/types.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import type { WhyEnded } from '../ending.ts'
import type { Gateway } from '../gateway.ts'
import type { Agent } from '../launch.ts'
import type { RunLeases } from '../lease/run-leases.ts'
import type { RunHolds } from '../live/holds.ts'
import type { Records } from '../records.ts'
import type { Result, Say } from '../result.ts'
import type { Verdict } from './judge.ts'

export interface Received extends Result {
  fetched: FetchedValue
  /** Absolute, inside the run's private folder; absent where it was delivered as a variable. */
  file?: string
}

/** `fetched` and `decision` are those of the last re-read that found a value. */
export interface Held extends Received {
  /**
   * The fingerprint of what its file holds; `undefined`: its old value or its new one. Without a file it
   * means nothing.
   */
  inFile: string | undefined
  /** When it was read last. */
  readAt: Date
  /** Where it cannot be read again, since `readAt`. */
  unread: boolean
  /** By the last look it was not there any more. */
  suspect: boolean
  /** It was revoked, and the agent went on without it. */
  gone: boolean
}

export interface TendedRun {
  run: string
  plan: Plan
  command: readonly string[]
  agent: Agent
  leases: RunLeases
  holds: RunHolds
  strict: boolean
  /** Aborts when we are asked to stop: then nothing is read any more. */
  signal: AbortSignal
  say: Say
  because: (why: WhyEnded) => void
  /** See `OnceRequest`. */
  onRestart?: () => void
}

/** What the parts of one tender share. */
export interface Tended extends TendedRun {
  gateway: Gateway
  records: Records
}

/** What one look says of one of them. */
export interface Seen {
  held: Held
  result: Result
  verdict: Verdict
  /** Its place in what was asked for. */
  position: number
}
