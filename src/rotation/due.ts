/** Whether a credential is to be rotated, and when. Pure. */
import { nextOpening, type Window } from './window.ts'

export interface Rule {
  /** So long before its end, in milliseconds. */
  before?: number
  /** So long after it was made, in milliseconds. */
  every?: number
  window?: Window
}

/** What is known of the credential that is current. */
export interface Age {
  createdAt?: Date
  expiresAt?: Date
}

export type Due =
  /** Since `since`; `start` is when it may begin. */
  | { kind: 'due'; why: 'end' | 'age'; since: Date; start: Date }
  | { kind: 'later'; why: 'end' | 'age'; at: Date }
  /** Neither its end nor its beginning is known, or no rule asks for them. */
  | { kind: 'never' }
  /** Due, and its window does not open within two weeks. */
  | { kind: 'shut'; why: 'end' | 'age'; since: Date }

/** By whichever of the two rules comes first. */
export function dueOf({ before, every, window }: Rule, age: Age, now: Date): Due {
  const byEnd = moved(age.expiresAt, before, -1)
  const byAge = moved(age.createdAt, every, 1)
  const why = byAge === undefined || (byEnd !== undefined && byEnd <= byAge) ? 'end' : 'age'
  const at = why === 'end' ? byEnd : byAge
  if (at === undefined) return { kind: 'never' }
  if (at > now) return { kind: 'later', why, at }
  const start = window === undefined ? now : nextOpening(window, now)
  return start === undefined
    ? { kind: 'shut', why, since: at }
    : { kind: 'due', why, since: at, start }
}

function moved(from: Date | undefined, by: number | undefined, sign: 1 | -1): Date | undefined {
  return from === undefined || by === undefined ? undefined : new Date(from.getTime() + sign * by)
}
