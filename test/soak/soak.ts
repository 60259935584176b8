/** What every soak shares: how long it goes on, what its seed decides, and how its figures are shown. */
import { test } from 'vitest'
import { table } from '../../src/cli/table.ts'
import { loudly } from '../values/loud.ts'

export interface Soak {
  /** How long it is to go on, in milliseconds. */
  ms: number
  random: Random
  /** A line of the table that is printed at the end. */
  figure: (name: string, value: string | number) => void
}

/** For what comes before and after: servers, warm-up, the reading of the log. */
const AROUND_MS = 180_000

/**
 * A test that `scripts/soak.ts` runs; in `npm test` it is one line, which says how to run it.
 *
 * @param most for one that ends by itself when its work is done: the seconds that it gets where nobody
 *   has said how many minutes
 */
export function soak(
  what: string,
  body: (soak: Soak) => Promise<void>,
  most?: { seconds: number },
): void {
  const asked = Number(process.env['SECRETREF_SOAK_SECONDS'] ?? 0)
  const inFull = process.env['SECRETREF_SOAK_IN_FULL'] === '1'
  const seconds = inFull && most !== undefined ? most.seconds : asked
  if (seconds === 0) {
    loudly(what, 'a soak takes minutes: npm run soak')
    test.skip(what)
    return
  }
  const seed = Number(process.env['SECRETREF_SOAK_SEED'] ?? 1)
  test(what, { timeout: seconds * 1000 + AROUND_MS }, async () => {
    const rows: string[][] = [[what, `${seconds} s, seed ${seed}`]]
    const figure = (name: string, value: string | number): void => {
      rows.push([name, String(value)])
    }
    try {
      await body({ ms: seconds * 1000, random: new Random(seed), figure })
    } finally {
      process.stdout.write(`\n${table(rows)}\n`)
    }
  })
}

/** Numbers that only a seed decides: mulberry32, public domain, by Tommy Ettinger. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** One of them, each as likely as its weight says. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let at = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [choice, weight] of choices) {
      at -= weight
      if (at < 0) return choice
    }
    throw new TypeError('nothing to choose from')
  }

  /** Another sequence, which what is drawn from this one later does not change. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32))
  }
}

/** The middle one of them, the upper of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
