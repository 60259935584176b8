/** What a date says about a credential today. Pure. */
import { momentOf } from '../plan/dates.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** How long before its end a credential is warned about. */
export const WARN_DAYS = 7

/** A date that no calendar has counts as passed. */
export function isPast(date: string, now: Date): boolean {
  const moment = momentOf(date)
  return Number.isNaN(moment) || moment <= now.getTime()
}

/** Whole days that are left, rounded up: 1 on the last day, 0 when it is over. */
export function daysLeft(date: string, now: Date): number {
  const left = momentOf(date) - now.getTime()
  return left > 0 ? Math.ceil(left / DAY_MS) : 0
}

/** Whether the end is near enough to be warned about. */
export function isNear(date: string, now: Date): boolean {
  return !isPast(date, now) && momentOf(date) - now.getTime() <= WARN_DAYS * DAY_MS
}

/** A date for a sentence: its day in UTC, or as written where no calendar has it. */
export function dayOf(date: string): string {
  const moment = momentOf(date)
  return Number.isNaN(moment) ? date : new Date(moment).toISOString().slice(0, 10)
}
