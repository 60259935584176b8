/** Hints for a name that nothing has: the nearest one, and what there is. Pure. */
import { looksLikeValue } from '../config/names.ts'
import { nearest } from '../config/suggest.ts'
import { literalKind } from '../targets/literals.ts'

/** How many names a hint lists before it says "and 12 more". */
const LISTED = 8
const SHORTEST_PART = 3

/** `did you mean "b"? agents: a, b` */
export function didYouMean(name: string, known: readonly string[], kind: string): string {
  const near = nearest(name, known) ?? longer(name, known)
  const list = listOf(known, kind)
  return near === undefined ? list : `did you mean "${near}"? ${list}`
}

/** Of many like it somebody may have written the beginning, or the end, alone. */
function longer(part: string, known: readonly string[]): string | undefined {
  return part.length < SHORTEST_PART ? undefined : known.find((name) => name.includes(part))
}

/** `agents: a, b, c and 12 more`; `kind` is a plural. */
export function listOf(known: readonly string[], kind: string): string {
  if (known.length === 0) return `there are no ${kind}`
  const rest = known.length > LISTED ? ` and ${known.length - LISTED} more` : ''
  return `${kind}: ${known.slice(0, LISTED).join(', ')}${rest}`
}

/** A name from a command line for a message; what looks like a credential is not repeated. */
export function quoted(name: string): string {
  return literalKind(name) === undefined && !looksLikeValue(name)
    ? `"${name}"`
    : 'that (it looks like a credential)'
}
