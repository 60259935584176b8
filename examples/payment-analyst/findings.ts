/** What was found, put into sentences of plain text; each place that shows them escapes for itself. */
import type { Anomaly, Range } from './anomalies.ts'
import type { Fetched } from './charges.ts'
import { money } from './money.ts'

/** One run's whole result. */
export interface Analysis {
  since: Date
  until: Date
  fetched: Fetched
  ranges: readonly Range[]
  anomalies: readonly Anomaly[]
}

export interface Finding {
  kind: 'burst' | 'large' | 'small'
  text: string
  /** The latest of its charges, seconds since 1970. */
  created: number
  /** The strongest modified z-score. */
  score: number
  charges: readonly string[]
}

/** A burst is one finding, however many charges it has; everything else is one each. Strongest first. */
export function findingsIn({ anomalies, ranges }: Analysis): readonly Finding[] {
  const inBurst = anomalies.filter(({ reasons }) => reasons.some(({ kind }) => kind === 'burst'))
  const bursts = [...Map.groupBy(inBurst, ({ charge }) => charge.payer)].map(([payer, group]) =>
    burstOf(payer ?? 'unknown', group),
  )
  const single = anomalies.flatMap(({ charge, reasons }) =>
    reasons
      .filter(({ kind }) => kind !== 'burst')
      .map(({ kind, score }): Finding => {
        const median = ranges.find(({ currency }) => currency === charge.currency)?.median ?? 1
        const times =
          kind === 'large'
            ? `${Math.round(charge.amount / median)} × the median`
            : `1/${Math.round(median / Math.max(charge.amount, 1))} of the median`
        const text = `${money(charge.amount, charge.currency)} by ${charge.payer ?? 'unknown'}, ${times}`
        return { kind, text, created: charge.created, score, charges: [charge.id] }
      }),
  )
  return [...bursts, ...single].sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
}

function burstOf(payer: string, group: readonly Anomaly[]): Finding {
  const times = group.map(({ charge }) => charge.created)
  const minutes = Math.ceil((Math.max(...times) - Math.min(...times)) / 60)
  const sums = [...Map.groupBy(group, ({ charge }) => charge.currency)].map(([currency, list]) =>
    money(
      list.reduce((sum, { charge }) => sum + charge.amount, 0),
      currency,
    ),
  )
  return {
    kind: 'burst',
    text: `${group.length} charges by ${payer} within ${minutes} min, ${sums.join(' and ')} in all`,
    created: Math.max(...times),
    score: Math.max(...group.flatMap(({ reasons }) => reasons.map(({ score }) => score))),
    charges: group.map(({ charge }) => charge.id),
  }
}

/** `25 Oct 2026`, UTC. */
export function day(date: Date): string {
  return date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
}

/** `2026-11-20 03:11`, UTC. */
export function minute(created: number): string {
  return new Date(created * 1000).toISOString().slice(0, 16).replace('T', ' ')
}

/** `24 of 1,264 charges are not like the others`. */
export function headline({ anomalies, fetched }: Analysis): string {
  const all = fetched.charges.length.toLocaleString('en-US')
  if (anomalies.length === 0) return `all ${all} charges look ordinary`
  const are = anomalies.length === 1 ? 'charge is' : 'charges are'
  return `${anomalies.length} of ${all} ${are} not like the others`
}
