/** What a date says about a credential today. Pure. */
import { momentOf } from '../plan/dates.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** From how many days before its end a credential is warned about. */
export const WARN_DAYS = 7

/** A date that no calendar has counts as passed. */
export function isPast(date: string, now: Date): boolean {
  const moment = momentOf(date)
  return Number.isNaN(moment) || moment <= now.getTime()
}

/** Days by the calendar in UTC: 0 today, 1 tomorrow, negative for what is past. */
export function daysUntil(date: string, now: Date): number {
  return Math.floor(momentOf(date) / DAY_MS) - Math.floor(now.getTime() / DAY_MS)
}

/** Whether the end is near enough to be warned about. */
export function isNear(date: string, now: Date): boolean {
  return !isPast(date, now) && daysUntil(date, now) <= WARN_DAYS
}

/** `today`, `in 1 day`, `in 6 days` */
export function whenOf(date: string, now: Date): string {
  const days = daysUntil(date, now)
  if (days <= 0) return 'today'
  return days === 1 ? 'in 1 day' : `in ${days} days`
}

/** A date for a sentence: its day in UTC, or as written where no calendar has it. */
export function dayOf(date: string): string {
  const moment = momentOf(date)
  return Number.isNaN(moment) ? date : new Date(moment).toISOString().slice(0, 10)
}

/** `40 s`, `12 min`, `3 h`, `2 days` */
export function ageOf(at: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
