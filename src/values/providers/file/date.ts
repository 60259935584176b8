/** Dates in a secrets file. */

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/**
 * A date or date-time of RFC 3339 (seconds may be left out); a date alone counts from its first
 * moment in UTC. `undefined` for anything else, 30 February included, which `Date.parse` would take
 * for 2 March.
 */
export function parseDate(text: string): Date | undefined {
  const parts = RFC_3339.exec(text)
  if (parts === null) return undefined
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  const date = new Date(text.toUpperCase())
  return Number.isNaN(date.getTime()) ? undefined : date
}
