/** "Did you mean": the hint for a name that nothing has. Pure. */

/** How many names a hint lists before it says "and 12 more". */
const LISTED = 8

/**
 * One sentence for a hint: the nearest of `known` where one is near enough, then what there is.
 * `kind` is the plural of what is listed: `agents`.
 */
export function didYouMean(name: string, known: readonly string[], kind: string): string {
  const near = nearest(name, known)
  const list = listOf(known, kind)
  return near === undefined ? list : `did you mean "${near}"? ${list}`
}

/** `agents: a, b, c and 12 more` */
export function listOf(known: readonly string[], kind: string): string {
  if (known.length === 0) return `there are no ${kind}`
  const rest = known.length > LISTED ? ` and ${known.length - LISTED} more` : ''
  return `${kind}: ${known.slice(0, LISTED).join(', ')}${rest}`
}

/** The name of `known` with the fewest edits from `name`, where that is at most a third of it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const edits = distance(name, candidate)
    if (edits < least) {
      least = edits
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
