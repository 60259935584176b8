/** Dates that are compared. Pure. */
import { parseDate } from '../config/dates.ts'

/**
 * Milliseconds since 1970; not a number for a date that no calendar has. Whoever compares must treat
 * that as passed.
 */
export function momentOf(date: string): number {
  return parseDate(date)?.getTime() ?? Number.NaN
}

/** The earlier of two dates as it was written, or the one there is; an impossible date comes first. */
export function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [first, second] = [momentOf(a), momentOf(b)]
  if (Number.isNaN(first)) return a
  return Number.isNaN(second) || second < first ? b : a
}
