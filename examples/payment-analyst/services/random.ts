/** Made-up data that is the same at every run: a seeded generator and what the charges need of it. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number
  /** Standard normal, kept within ±2.6 so that an ordinary value never looks like an outlier. */
  normal(): number
  /** Whole number in [0, below). */
  below(limit: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T
  /** `length` letters and digits. */
  word(length: number): string
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function seeded(seed: number): Random {
  let state = seed >>> 0
  // mulberry32, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(unit() * limit)
  const normal = (): number => {
    for (;;) {
      // Box and Muller, 1958.
      const value = Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit())
      if (Math.abs(value) <= 2.6) return value
    }
  }
  const word = (length: number): string =>
    Array.from({ length }, () => LETTERS[below(LETTERS.length)]).join('')
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0]
  return { unit, normal, below, pick, word }
}
