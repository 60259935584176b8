/** Dates as configs and secrets files write them: RFC 3339. Pure. */
import { DATE } from './names.ts'

const PARTS = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2}))?)?/
const OFFSET = /[+-](\d{2}):(\d{2})$/

/**
 * @returns the moment, or nothing where the form is another or there is no such day or hour
 *   (`2026-02-30`, `24:00`). A date alone is its first moment in UTC.
 */
export function parseDate(text: string): Date | undefined {
  const parts = DATE.test(text) ? PARTS.exec(text) : null
  if (parts === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const offset = text.length > 10 ? OFFSET.exec(text) : null
  if (offset !== null && (Number(offset[1]) > 23 || Number(offset[2]) > 59)) return undefined
  const date = new Date(text.toUpperCase())
  return Number.isNaN(date.getTime()) ? undefined : date
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
