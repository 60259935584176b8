/**
 * Values by the name that they are assigned to: `OPENAI_API_KEY=…`, `"apiKey": "…"`, `token = "…"`,
 * `--api-key …`, `Authorization: Bearer …`. Only for files in which agents keep credentials: elsewhere
 * such names stand beside anything.
 */
import { isPlaceholder } from '../secret/placeholder.ts'
import type { Span } from './span.ts'

/** A name and a sign of assignment, or a space after an option. A name begins where no other does. */
const NAME =
  /(?<![A-Za-z0-9_.-])(-{0,2}[A-Za-z][A-Za-z0-9_.-]{0,127})["']?(?:\s{0,8}[:=]\s{0,8}|(?<=--[a-z-]{1,64}) {1,4})/g

/** In quotes, or up to what ends a word. */
const VALUE =
  /"((?:[^"\\\n]|\\.){1,8192})"|'([^'\n]{1,8192})'|((?:Bearer |Basic |token )?[^\s"'`,;#<>(){}[\]]{1,8192})/y

const CREDENTIAL_NAME =
  /(?:key|token|secret|passw(?:or)?d|pwd|passphrase|credentials?|authorization|auth|access|refresh|webhook(?:[_-]?url)?)$/i

/** Ends like one, and is none: an id or a public half, a place, how something is used. */
const OTHER_NAME =
  /(?:public|publishable|primary|foreign|sort|partition|hot|access)[_-]?key$|(?:host|known|site)[_-]?key$|^(?:type|mode)?[_-]?(?:auth)$/i

/** Both are names of the secret half, and of a public one. */
const SECRET_AFTER_ALL = /secret[_-]?access[_-]?key$/i

const SHORTEST = 8

/** @param text one character for each byte */
export function assignmentSpans(text: string): Span[] {
  const spans: Span[] = []
  NAME.lastIndex = 0
  for (let name = NAME.exec(text); name !== null; name = NAME.exec(text)) {
    if (!isCredentialName(name[1] ?? '')) continue
    VALUE.lastIndex = NAME.lastIndex
    const match = VALUE.exec(text)
    if (match === null) continue
    const quoted = match[1] ?? match[2]
    const value = (quoted ?? match[3] ?? '').replace(/^(?:Bearer|Basic|token) /i, '')
    // What is no credential may itself be an assignment: `key: KEY=…`; the search goes on inside.
    if (!isPlausible(value)) continue
    NAME.lastIndex = VALUE.lastIndex
    const end = VALUE.lastIndex - (quoted === undefined ? 0 : 1)
    spans.push({ start: end - value.length, end, by: 'name', ids: [], known: [] })
  }
  return spans
}

function isCredentialName(name: string): boolean {
  if (SECRET_AFTER_ALL.test(name)) return true
  return CREDENTIAL_NAME.test(name) && !OTHER_NAME.test(name)
}

/** Could be a credential, and is no reference to one, no placeholder, no word, path or address. */
export function isPlausible(value: string): boolean {
  if (value.length < SHORTEST || /\s/.test(value)) return false
  if (isReference(value) || isPlaceholder(Buffer.from(value, 'latin1'))) return false
  // Words, numbers, names of variables: `required`, `1700000000`, `OPENAI_API_KEY`.
  if (/^(?:[A-Za-z]+(?:[-_ .][A-Za-z]+)*|[\d.:TZ+-]+)$/.test(value) && value.length < 24)
    return false
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)) return false
  if (/^(?:~|\.{1,2})?\/[^:@]*$/.test(value) && !/^\/[^/]{24,}$/.test(value)) return false
  // An address without a user or a long last part.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^@]*$/i.test(value)) return /\/[A-Za-z0-9_-]{20,}\/?$/.test(value)
  return true
}

/** `$KEY`, `${KEY}`, `{{key}}`, `%KEY%`, `op://…`, `secretref:…`, `!command`, an object that was cut. */
function isReference(value: string): boolean {
  return (
    /^(?:\$[A-Za-z_({]|\{\{|%[A-Z_]+%$|<|!)/.test(value) ||
    /^(?:secretref|secretref-managed|op|vault|env|file|exec|keychain|aws-sm|gcp-sm|doppler|bws|ref)(?::|$)/i.test(
      value,
    )
  )
}
