/** Forms that are recognised by their own beginning, out of the catalogue of targets. */
import { LITERALS } from '../../targets/literals.ts'
import type { Span } from './span.ts'

interface Rule {
  ids: readonly string[]
  prefixes: readonly string[]
  pattern: RegExp
}

/** As many of one kind in one file are enough to know that it is full of them. */
const MOST_OF_A_RULE = 1000

/** Many patterns ask for the least length only; this is the rest of the value. */
const REST = /[A-Za-z0-9_+/=.~-]{0,4096}/y

/** The body of a PEM block (RFC 7468) belongs to its first line, else all keys would look alike. */
const BODY = /[^-]{0,16384}(?:-----END [A-Z0-9 ]{1,64}-----)?/y

const RULES: readonly Rule[] = LITERALS.map(({ kind, prefixes, pattern }) => ({
  ids: [kind],
  prefixes,
  pattern: new RegExp(pattern.source, 'g'),
}))

/** The longest first: where several begin at one place, it is the one that is found. */
const PREFIXES = [...new Set(RULES.flatMap(({ prefixes }) => prefixes))].sort(
  (a, b) => b.length - a.length,
)

/** One search for all beginnings: most files hold none. */
const ANY_PREFIX = new RegExp(
  PREFIXES.map((prefix) => prefix.replaceAll(/[^A-Za-z0-9_]/g, '\\$&')).join('|'),
  'g',
)

/** By what is found at a place: the rules of it, and of all that it begins with. */
const RULES_AT: ReadonlyMap<string, readonly Rule[]> = new Map(
  PREFIXES.map((found) => [
    found,
    RULES.filter(({ prefixes }) => prefixes.some((prefix) => found.startsWith(prefix))),
  ]),
)

/** @param text one character for each byte */
export function catalogueSpans(text: string): Span[] {
  const spans: Span[] = []
  for (const { ids, pattern } of rulesFor(text)) {
    pattern.lastIndex = 0
    for (let n = 0; n < MOST_OF_A_RULE; n++) {
      const match = pattern.exec(text)
      if (match === null) break
      const end = endOf(text, match.index + match[0].length)
      spans.push({ start: match.index, end, by: 'catalogue', ids, known: [] })
      pattern.lastIndex = end
    }
  }
  return spans
}

/** Those whose beginning is in the text. */
function rulesFor(text: string): ReadonlySet<Rule> {
  const rules = new Set<Rule>()
  ANY_PREFIX.lastIndex = 0
  for (let match = ANY_PREFIX.exec(text); match !== null; match = ANY_PREFIX.exec(text)) {
    for (const rule of RULES_AT.get(match[0]) ?? []) rules.add(rule)
    // One beginning may stand inside another.
    ANY_PREFIX.lastIndex = match.index + 1
  }
  return rules
}

function endOf(text: string, matched: number): number {
  const rest = text.endsWith('-----', matched) ? BODY : REST
  rest.lastIndex = matched
  return matched + (rest.exec(text)?.[0].length ?? 0)
}
