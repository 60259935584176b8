/**
 * One plain robust statistic, the modified z-score: M = 0.6745 (x − median) / MAD, and an outlier where
 * |M| > 3.5 (Iglewicz and Hoaglin, 1993, as in the NIST/SEMATECH e-Handbook,
 * https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm).
 * Median and MAD stay where they are when some of the values are wild; mean and deviation do not.
 */
export const LIMIT = 3.5
/** With fewer values a median says little, and nothing is called odd. */
const FEWEST = 12
const CONSISTENCY = 0.6745

export interface Scored<T> {
  item: T
  value: number
  /** The modified z-score; 0 for all where there are too few, or where all values are the same. */
  score: number
}

export function scored<T>(items: readonly T[], valueOf: (item: T) => number): readonly Scored<T>[] {
  const values = items.map((item) => ({ item, value: valueOf(item) }))
  const { middle, spread } = shapeOf(values.map(({ value }) => value))
  const silent = items.length < FEWEST || spread === 0
  return values.map(({ item, value }) => ({
    item,
    value,
    score: silent ? 0 : (CONSISTENCY * (value - middle)) / spread,
  }))
}

/** The values that are no outliers lie between these; absent where there are too few to say. */
export function ordinaryRange(
  values: readonly number[],
): { low: number; high: number } | undefined {
  const { middle, spread } = shapeOf(values)
  if (values.length < FEWEST || spread === 0) return undefined
  const reach = (LIMIT * spread) / CONSISTENCY
  return { low: middle - reach, high: middle + reach }
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted.at(sorted.length / 2) ?? 0
  const lower = sorted.at((sorted.length - 1) / 2) ?? 0
  return (lower + upper) / 2
}

/**
 * Median and median absolute deviation. Where more than half of the values are equal the latter is 0; then
 * the mean absolute deviation takes its place, scaled by 1.253314 as for a normal distribution
 * (https://www.ibm.com/docs/en/cognos-analytics/11.1.0?topic=terms-modified-z-score).
 */
function shapeOf(values: readonly number[]): { middle: number; spread: number } {
  const middle = medianOf(values)
  const deviations = values.map((value) => Math.abs(value - middle))
  const mad = medianOf(deviations)
  if (mad > 0 || deviations.length === 0) return { middle, spread: mad }
  const mean = deviations.reduce((sum, one) => sum + one, 0) / deviations.length
  return { middle, spread: CONSISTENCY * 1.253314 * mean }
}
