/** Objects in the audit settings, and what a mistake in them is told as. Pure. */
import { looksLikeValue } from '../config/names.ts'
import { didYouMean } from '../config/suggest.ts'
import type { SecretRefError } from '../errors.ts'

/** What a mistake says: the key as a path, what is wrong with it, and what to do. */
export type Mistake = (key: string, what: string, hint: string) => SecretRefError
export type Fields = Readonly<Record<string, unknown>>

/** The fields of an object that has no others than these. Errors: as `mistake` makes them. */
export function fieldsOf(
  value: unknown,
  name: string,
  known: readonly string[],
  mistake: Mistake,
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mistake(name, 'is not an object', `an object with ${known.join(', ')} is wanted`)
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    // What is no word may be a value in the wrong place.
    const word = /^[\w-]{1,40}$/.test(key) && !looksLikeValue(key) ? ` "${key}"` : ''
    const where = name === 'the whole' ? name : `"${name}"`
    throw mistake(
      where,
      `has a key${word} that is not known`,
      didYouMean(key, known) ?? `known here: ${known.join(', ')}`,
    )
  }
  return Object.fromEntries(Object.entries(value))
}
