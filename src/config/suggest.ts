/** "Did you mean": the nearest of some known names. Pure. */

/**
 * How much is compared before nothing is suggested any more. One for a whole config: it is not trusted
 * yet, may hold thousands of unknown names, and must not cost more than its length.
 */
export interface Patience {
  /** Letters that are read and pairs of letters that are compared. */
  left: number
}

/** Some tenths of a second; one unknown name among ten thousand takes less. */
export function newPatience(): Patience {
  return { left: 10_000_000 }
}

/** The known name that is nearest to `word`, or nothing where none is near or patience has run out. */
export function nearest(
  word: string,
  known: Iterable<string>,
  patience: Patience = newPatience(),
): string | undefined {
  const wanted = plain(word)
  patience.left -= word.length
  // Of a short word too much would be replaced: anything is near to it.
  const limit = Math.min(3, Math.floor(wanted.length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const name of known) {
    if (patience.left <= 0) return undefined
    patience.left -= name.length
    const candidate = plain(name)
    if (Math.abs(candidate.length - wanted.length) >= least) continue
    patience.left -= candidate.length * wanted.length
    const distance = distanceBetween(wanted, candidate)
    if (distance < least) {
      least = distance
      best = name
    }
  }
  return best
}

/** A hint for an unknown name: the nearest known one, else all of them where they are few. */
export function didYouMean(
  word: string,
  known: Iterable<string>,
  patience?: Patience,
): string | undefined {
  const name = nearest(word, known, patience)
  if (name !== undefined) return `did you mean "${name}"?`
  const few = firstOf(known, LISTED + 1)
  if (few.length === 0 || few.length > LISTED) return undefined
  return `known here: ${few.join(', ')}`
}

/** How many names a hint lists, or it lists none. */
const LISTED = 24

function firstOf(names: Iterable<string>, count: number): string[] {
  const first: string[] = []
  for (const name of names) {
    if (first.length === count) break
    first.push(name)
  }
  return first
}

/** `toolBindings`, `tool_bindings` and `tool-bindings` are the same word. */
function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const next = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1)
      }
      next.push(cost)
    }
    before = last
    last = next
  }
  return last[b.length] ?? 0
}
