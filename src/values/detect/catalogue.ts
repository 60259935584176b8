/**
 * Forms that are recognised by their own beginning: the catalogue's, which names every service that shares
 * one, and those that a config is refused for, which are fewer and less strict.
 */
import { idOfKind } from '../../gateway/scan/words.ts'
import { searchRules } from '../../targets/detect.ts'
import { LITERALS } from '../../targets/literals.ts'
import type { Span } from './span.ts'

interface Rule {
  by: 'catalogue' | 'lint'
  ids: readonly string[]
  prefixes: readonly string[]
  /** Sticky where every match begins with a prefix, else global. */
  pattern: RegExp
}

/** As many of one kind in one file are enough to know that it is full of them. */
const MOST_OF_A_RULE = 1000

const RULES: readonly Rule[] = [
  ...searchRules().map(({ ids, prefixes, regex }): Rule => ({
    by: 'catalogue',
    ids,
    prefixes,
    pattern: new RegExp(regex, 'y'),
  })),
  ...LITERALS.map(({ kind, prefixes, pattern }): Rule => ({
    by: 'lint',
    ids: [idOfKind(kind)],
    prefixes,
    pattern: new RegExp(pattern.source, 'g'),
  })),
]

/** The longest first: where several begin at one place, it is the one that is found. */
const PREFIXES = [...new Set(RULES.flatMap(({ prefixes }) => prefixes))].sort(
  (a, b) => b.length - a.length,
)

/** One search for all beginnings: most files hold few. */
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
  const found = new Map<Rule, number>()
  ANY_PREFIX.lastIndex = 0
  for (let at = ANY_PREFIX.exec(text); at !== null; at = ANY_PREFIX.exec(text)) {
    for (const rule of RULES_AT.get(at[0]) ?? []) {
      const times = found.get(rule) ?? 0
      if (times === MOST_OF_A_RULE) continue
      if (rule.pattern.global) {
        if (times === 0) spans.push(...everywhere(rule, text))
        found.set(rule, MOST_OF_A_RULE)
        continue
      }
      rule.pattern.lastIndex = at.index
      const match = rule.pattern.exec(text)
      if (match === null) continue
      found.set(rule, times + 1)
      spans.push(span(rule, at.index, at.index + match[0].length))
    }
    // One beginning may stand inside another.
    ANY_PREFIX.lastIndex = at.index + 1
  }
  return spans
}

/** Of a rule that asks for the least length only, and whose matches need not begin with its prefix. */
function everywhere(rule: Rule, text: string): Span[] {
  const spans: Span[] = []
  rule.pattern.lastIndex = 0
  while (spans.length < MOST_OF_A_RULE) {
    const match = rule.pattern.exec(text)
    if (match === null) break
    const matched = match.index + match[0].length
    const end = endOf(text, matched)
    rule.pattern.lastIndex = end
    // Programs and documents speak of the first line of a PEM block; a key is what has a body.
    const isBare = match[0].endsWith('-----') && !/[A-Za-z0-9+/]{20}/.test(text.slice(matched, end))
    if (!isBare) spans.push(span(rule, match.index, end))
  }
  return spans
}

function span({ by, ids }: Rule, start: number, end: number): Span {
  return { start, end, by, ids, known: [] }
}

/** The rest of a value of which only the least length was asked for. */
const REST = /[A-Za-z0-9_+/=.~-]{0,4096}/y
/** The body of a PEM block (RFC 7468) belongs to its first line, else all keys would look alike. */
const BODY = /[^-]{0,16384}(?:-----END [A-Z0-9 ]{1,64}-----)?/y

function endOf(text: string, matched: number): number {
  const rest = text.endsWith('-----', matched) ? BODY : REST
  rest.lastIndex = matched
  return matched + (rest.exec(text)?.[0].length ?? 0)
}
