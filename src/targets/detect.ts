/**
 * What a value looks like. Pure, and without the catalogue.
 *
 * A form alone never names a credential where services share it: `sk_live_` is Stripe's, Clerk's and
 * Paystack's. So the answer is a list of candidates, and which one it is must come from elsewhere.
 *
 * The texts given here are values, or may hold some: only the value wing has them. A string cannot be
 * wiped, so this is for processes that exit after their work.
 */
import { FORMS, SEARCHED } from './patterns.generated.ts'

/** No pattern takes a longer text. */
const LONGEST = 32 * 1024

/**
 * The ids of all targets whose form recognises `text`, in the catalogue's order; none where it has no form
 * of its own. Forms of length and alphabet only, and those that are only remembered, name nothing.
 *
 * @param text the whole value, its bytes as latin1
 */
export function candidates(text: string): readonly string[] {
  if (text.length > LONGEST) return []
  return FORMS.filter(([id, strength]) => strength === 'prefixed' && takes(id, text)).map(
    ([id]) => id,
  )
}

/** `unknown`: it may be one, and nothing says so; or nothing is known of what one looks like. */
export type Fit = 'fits' | 'unfit' | 'unknown'

/** Whether `text` can be a credential of that target. */
export function fits(id: string, text: string): Fit {
  const form = forms().get(id)
  if (form === undefined) return 'unknown'
  if (text.length > LONGEST || !form.pattern.test(text)) return 'unfit'
  return form.strength === 'prefixed' ? 'fits' : 'unknown'
}

/** The same for a credential that may be of one of several kinds: `unfit` only where it is none of them. */
export function fitsAny(ids: readonly string[], text: string): Fit {
  const found = new Set(ids.map((id) => fits(id, text)))
  if (found.has('fits')) return 'fits'
  return found.size === 1 && found.has('unfit') ? 'unfit' : 'unknown'
}

export interface SearchRule {
  /** Targets that share this form. */
  ids: readonly string[]
  /** One of these begins every match: where a text holds none, the pattern need not be tried. */
  prefixes: readonly string[]
  /**
   * For a search: no anchors, no letter or digit right before and after. Every repetition is bounded; a
   * match is at most some thousand characters long.
   */
  regex: string
}

/** What to look for in files: every recognisable form that begins with a text of its own. */
export function searchRules(): readonly SearchRule[] {
  return SEARCHED.map(([ids, prefixes, body]) => ({
    ids,
    prefixes,
    regex: `(?<![A-Za-z0-9])(?:${body})(?![A-Za-z0-9])`,
  }))
}

interface Form {
  strength: 'prefixed' | 'shape'
  pattern: RegExp
}

let compiled: ReadonlyMap<string, Form> | undefined

function forms(): ReadonlyMap<string, Form> {
  compiled ??= new Map(
    FORMS.map(([id, strength, regex]) => [id, { strength, pattern: new RegExp(regex) }]),
  )
  return compiled
}

function takes(id: string, text: string): boolean {
  return forms().get(id)?.pattern.test(text) === true
}
