/** Dates as a config and a store write them. Pure. */

/**
 * The moment of an RFC 3339 date or date-time, in milliseconds since 1970; a date alone counts from its
 * first moment in UTC. Not a number for a date that no calendar has: whoever compares must treat it as
 * passed.
 */
export function momentOf(date: string): number {
  const text = date.toUpperCase()
  const day = /^(\d{4})-(\d{2})-(\d{2})(?:T|$)/.exec(text)
  if (day === null) return Number.NaN
  const [year, month, dayOfMonth] = [Number(day[1]), Number(day[2]), Number(day[3])]
  // Date.parse takes the 31st of February for the 3rd of March.
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return dayOfMonth > daysInMonth ? Number.NaN : Date.parse(text)
}

/** The earlier of two dates as it was written, or the one there is; an impossible date comes first. */
export function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [first, second] = [momentOf(a), momentOf(b)]
  if (Number.isNaN(first)) return a
  return Number.isNaN(second) || second < first ? b : a
}
