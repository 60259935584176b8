/**
 * The picture: every charge as a dot, time to the right, amount upwards on a logarithmic scale, one panel
 * a currency; the band is what counts as ordinary. A finding differs by shape as well as by colour.
 */
import type { Anomaly, Range, Reason } from './anomalies.ts'
import type { Charge } from './charges.ts'
import { forHtml } from './escape.ts'
import { minute, type Analysis } from './findings.ts'
import { digitsOf, money } from './money.ts'
import { LIMIT } from './statistic.ts'

const WIDTH = 960
const LEFT = 70
const RIGHT = 14
const TOP = 30
const PANEL = 180
const GAP = 58
/** Below the last panel, for its dates. */
const FOOT = 24
/** Panels for the busiest currencies, and ordinary dots in all: more would only make the page heavy. */
const MOST_PANELS = 4
const MOST_DOTS = 4000

interface Scale {
  x: (seconds: number) => number
  y: (amount: number) => number
  ticks: readonly number[]
}

export function chart(analysis: Analysis): string {
  const { fetched, ranges, anomalies } = analysis
  const shown = ranges.slice(0, MOST_PANELS)
  if (shown.length === 0) return ''
  const odd = new Set(anomalies.map(({ charge }) => charge.id))
  const step = Math.ceil(fetched.charges.length / MOST_DOTS)
  const dots = fetched.charges.filter(({ id }, n) => !odd.has(id) && n % step === 0)
  const height = TOP + shown.length * (PANEL + GAP) - GAP + FOOT
  const panels = shown.map((range, n) => {
    const top = TOP + n * (PANEL + GAP)
    const own = ({ currency }: Charge): boolean => currency === range.currency
    const scale = scaleOf(analysis, range, top)
    return [
      frame(analysis, range, scale, top),
      `<g class="dots">${dots
        .filter(own)
        .map((charge) => dot(charge, scale))
        .join('')}</g>`,
      ...anomalies.filter(({ charge }) => own(charge)).map((anomaly) => mark(anomaly, scale)),
    ].join('\n')
  })
  const label = `Charges by time and amount, ${anomalies.length} of them marked`
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">\n${panels.join('\n')}\n</svg>`
}

/** The sign of a finding, 12 units wide, centred at 0,0. */
export function sign(kind: Reason['kind']): string {
  const path = { large: 'M0-6 6 5H-6z', small: 'M0 6 6-5H-6z', burst: 'M0-6 6 0 0 6-6 0z' }[kind]
  return `<path class="${kind}" d="${path}"/>`
}

function scaleOf({ fetched, since, until }: Analysis, range: Range, top: number): Scale {
  const amounts = fetched.charges
    .filter(({ currency }) => currency === range.currency)
    .map(({ amount }) => Math.max(amount, 1))
  const bounds = [...amounts, ...(range.ordinary ? [range.ordinary.low, range.ordinary.high] : [])]
  const low = Math.log(bounds.reduce((a, b) => Math.min(a, b))) - 0.35
  const high = Math.log(bounds.reduce((a, b) => Math.max(a, b))) + 0.35
  const created = fetched.charges.map((charge) => charge.created)
  const from = created.reduce((a, b) => Math.min(a, b), since.getTime() / 1000)
  const span = Math.max(until.getTime() / 1000 - from, 1)
  const y = (amount: number): number =>
    top + PANEL * (1 - (Math.log(Math.max(amount, 1)) - low) / (high - low))
  return {
    x: (seconds) => LEFT + ((WIDTH - LEFT - RIGHT) * (seconds - from)) / span,
    y,
    ticks: ticksOf(Math.exp(low), Math.exp(high)),
  }
}

/** 1, 10, 100… between the bounds; with few of those, 1, 3, 10, 30…; in the smallest unit. */
function ticksOf(low: number, high: number): readonly number[] {
  const powers = Array.from({ length: 12 }, (_, n) => 10 ** n)
  const inside = (all: readonly number[]): number[] =>
    all.filter((one) => one >= low && one <= high)
  const whole = inside(powers)
  return whole.length >= 3 ? whole : inside(powers.flatMap((one) => [one, 3 * one]))
}

function frame({ since, until }: Analysis, range: Range, scale: Scale, top: number): string {
  const right = WIDTH - RIGHT
  const band =
    range.ordinary === undefined
      ? ''
      : `<rect class="band" x="${LEFT}" y="${at(scale.y(range.ordinary.high))}" width="${right - LEFT}" height="${at(scale.y(range.ordinary.low) - scale.y(range.ordinary.high))}"/>`
  const rows = scale.ticks.map((tick) => {
    const y = at(scale.y(tick))
    const text = (tick / 10 ** digitsOf(range.currency)).toLocaleString('en-US')
    return `<path class="grid" d="M${LEFT} ${y}H${right}"/><text class="tick" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${text}</text>`
  })
  const weeks = weeksBetween(since, until).map((seconds) => {
    const x = at(scale.x(seconds))
    const text = new Date(seconds * 1000).toLocaleDateString('en-GB', {
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    })
    return `<path class="grid" d="M${x} ${top}V${top + PANEL}"/><text class="tick" x="${x}" y="${top + PANEL + 16}" text-anchor="middle">${text}</text>`
  })
  const count = `${range.count.toLocaleString('en-US')} charges`
  const title = `<text class="name" x="${LEFT}" y="${top - 9}">${forHtml(range.currency.toUpperCase())}<tspan class="tick" dx="8">${count}</tspan></text>`
  return [band, ...rows, ...weeks, title].join('\n')
}

/** The Mondays, 00:00 UTC, seconds since 1970; the first of 1970 was the fifth of January. */
function weeksBetween(since: Date, until: Date): readonly number[] {
  const day = 86_400
  const week = 7 * day
  const monday = 4 * day
  const first = Math.ceil((since.getTime() / 1000 - monday) / week) * week + monday
  const weeks = []
  for (let one = first; one <= until.getTime() / 1000; one += week) weeks.push(one)
  return weeks
}

function dot(charge: Charge, { x, y }: Scale): string {
  return `<circle cx="${at(x(charge.created))}" cy="${at(y(charge.amount))}" r="2"/>`
}

function mark({ charge, reasons }: Anomaly, { x, y }: Scale): string {
  const kind = reasons.at(-1)?.kind ?? 'large'
  const score = reasons
    .map((reason) => `${reason.kind}, score ${reason.score.toFixed(1)}`)
    .join('; ')
  const text = `${money(charge.amount, charge.currency)}, ${minute(charge.created)} UTC, ${charge.payer ?? 'unknown'} (${score}; limit ${LIMIT})`
  return `<g transform="translate(${at(x(charge.created))} ${at(y(charge.amount))})"><title>${forHtml(text)}</title>${sign(kind)}</g>`
}

function at(value: number): number {
  return Math.round(value * 10) / 10
}
