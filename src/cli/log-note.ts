/** What a log that is no damage can leave open, and what it is told from. Types, and which of them count. */
import type { Archived, ArchiveState } from '../audit/archived.ts'
import type { Notes } from '../audit/vouched.ts'
import type { Verdict } from '../audit/verify.ts'
import type { Keys } from '../audit/verifier-keys.ts'
import type { Start } from '../audit/across.ts'
import type { Kept } from './log-checkpoints.ts'

export interface Note {
  kind: Doubt | Harmless
  /** The record that it is about. */
  seq?: number
  text: string
}
type Doubt =
  | 'lock-missing'
  | 'recovered'
  | 'archived'
  | 'archive-missing'
  | 'no-head'
  | 'segments-missing'
  | 'unsigned'
  | 'unknown-key'
  | 'forged'
  | 'unreadable'
  | 'not-compared'
  | 'other-logs'
  | 'disputed'
  | 'checkpoints-missing'
  | 'more'
/** Does not count for `--strict`. */
type Harmless = 'torn' | 'time-goes-back' | 'not-current' | 'from' | 'not-signed-yet'

const HARMLESS: ReadonlySet<Note['kind']> = new Set<Harmless>([
  'torn',
  'time-goes-back',
  'not-current',
  'from',
  'not-signed-yet',
])

/** True where records may be missing that nobody can miss, or where the log was begun anew. */
export function isDoubt({ kind }: Note): boolean {
  return !HARMLESS.has(kind)
}

/** The archive that the log follows, and how it was found. */
export interface Before {
  archived: Archived
  state: ArchiveState
}

/** What was found, and what it was held against. */
export interface Checked {
  verdict: Verdict
  start: Start
  keys: Keys
  /** The log's own checkpoints. */
  own: Notes
  /** As they were found. */
  list: Kept
  /** How far one was signed, by the lock file; absent where that does not say. */
  lockSigned?: number
  /** Those of `--against`. */
  kept?: Notes
  before?: Before
}
