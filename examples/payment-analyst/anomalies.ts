/** Which charges are not like the others: by their amount, and by the pace of their payer. */
import type { Charge } from './charges.ts'
import { LIMIT, medianOf, ordinaryRange, scored } from './statistic.ts'

/** Most payers pay once in an hour, so that even two would stand out: a burst is five or more. */
const FEWEST_IN_BURST = 5
const BURST_SECONDS = 3600

export interface Reason {
  kind: 'large' | 'small' | 'burst'
  /** The modified z-score. */
  score: number
}
export interface Anomaly {
  charge: Charge
  reasons: readonly Reason[]
}

/** What is ordinary in one currency, in its smallest unit. */
export interface Range {
  currency: string
  count: number
  median: number
  /** Amounts outside are outliers; `undefined` where there are too few to say. */
  ordinary: { low: number; high: number } | undefined
}

/** The odd ones, strongest first. */
export function anomaliesIn(charges: readonly Charge[]): readonly Anomaly[] {
  const reasons = new Map<Charge, Reason[]>()
  const add = (charge: Charge, reason: Reason): void => {
    reasons.set(charge, [...(reasons.get(charge) ?? []), reason])
  }
  for (const group of byCurrency(charges).values())
    for (const { item, score } of scored(group, logAmount))
      if (Math.abs(score) > LIMIT) add(item, { kind: score > 0 ? 'large' : 'small', score })

  const paces = pacesOf(charges)
  for (const { item, value, score } of scored(charges, (charge) => paces.get(charge) ?? 1))
    if (score > LIMIT && value >= FEWEST_IN_BURST) add(item, { kind: 'burst', score })

  const strength = (anomaly: Anomaly): number =>
    Math.max(...anomaly.reasons.map(({ score }) => Math.abs(score)))
  return [...reasons]
    .map(([charge, list]) => ({ charge, reasons: list }))
    .sort((a, b) => strength(b) - strength(a) || b.charge.created - a.charge.created)
}

/** The currencies, the busiest first. */
export function rangesIn(charges: readonly Charge[]): readonly Range[] {
  return [...byCurrency(charges)]
    .map(([currency, group]) => {
      const logs = group.map(logAmount)
      const range = ordinaryRange(logs)
      const ordinary = range && { low: Math.exp(range.low), high: Math.exp(range.high) }
      return { currency, count: group.length, median: Math.exp(medianOf(logs)), ordinary }
    })
    .sort((a, b) => b.count - a.count)
}

/** How many charges its payer made within half an hour before and after each, itself included. */
function pacesOf(charges: readonly Charge[]): ReadonlyMap<Charge, number> {
  const known = charges.filter(({ payer }) => payer !== undefined)
  const paces = new Map<Charge, number>()
  for (const group of Map.groupBy(known, ({ payer }) => payer).values()) {
    const times = group.map(({ created }) => created).sort((a, b) => a - b)
    for (const charge of group) {
      const from = firstAtLeast(times, charge.created - BURST_SECONDS / 2)
      const until = firstAtLeast(times, charge.created + BURST_SECONDS / 2 + 1)
      paces.set(charge, until - from)
    }
  }
  return paces
}

/** Index of the first number in a sorted list that is not below `bound`. */
function firstAtLeast(sorted: readonly number[], bound: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? Infinity) < bound) low = middle + 1
    else high = middle
  }
  return low
}

function byCurrency(charges: readonly Charge[]): Map<string, Charge[]> {
  return Map.groupBy(charges, ({ currency }) => currency)
}

/** Prices spread by factors, not by sums: 40 and 160 lie equally far from 80. */
function logAmount({ amount }: Charge): number {
  return Math.log(Math.max(amount, 1))
}
