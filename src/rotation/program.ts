/** How a rotating program of the driver `exec` (docs/rotation-exec.md) failed. Read in both wings. */

/** What it is started for. */
export const PROGRAM_STEPS = ['choose', 'set', 'create', 'marked', 'try', 'end'] as const
export type ProgramStep = (typeof PROGRAM_STEPS)[number]

export interface ProgramEnd {
  step: ProgramStep
  /** Its exit code, where that is not 0. */
  exit?: number
  /** The signal that ended it. */
  signal?: string
  /** Its time, in milliseconds, where that was over. */
  timeoutMs?: number
}
