/** A piece of a text that looks like a credential. */

export interface Span {
  /** In characters of a text in which each byte is one character. */
  start: number
  /** Behind the last one. */
  end: number
  /** Who says so. */
  by: 'known' | 'catalogue' | 'lint' | 'name'
  /** What it fits. */
  ids: readonly string[]
  /** Which of the known values it is. */
  known: readonly number[]
}

/** The more certain one has the word on what it is, and where. */
const CERTAINTY = { known: 3, catalogue: 2, lint: 1, name: 0 } as const

/** Spans that overlap are one, with all that they fit; in the order of the text. */
export function merged(spans: readonly Span[]): Span[] {
  const whole: Span[] = []
  let group: Span[] = []
  let reach = 0
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (group.length > 0 && span.start >= reach) {
      whole.push(together(group))
      group = []
    }
    group.push(span)
    reach = Math.max(reach, span.end)
  }
  if (group.length > 0) whole.push(together(group))
  return whole
}

function together(group: readonly Span[]): Span {
  const [best = group[0]] = [...group].sort((a, b) => CERTAINTY[b.by] - CERTAINTY[a.by])
  if (best === undefined) throw new Error('a group has at least one')
  // The catalogue knows which services share a form; a rule made for one of them does not.
  const naming = group.some(({ by }) => by === 'catalogue')
    ? group.filter(({ by }) => by !== 'lint')
    : group
  return {
    ...best,
    ids: [...new Set(naming.flatMap(({ ids }) => ids))].sort(),
    known: [...new Set(group.flatMap(({ known }) => known))].sort((a, b) => a - b),
  }
}
