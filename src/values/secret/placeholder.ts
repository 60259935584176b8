/**
 * Values that were never filled in: `changeme`, `<your key>`, `xxxx`, the documentation's
 * `sk_live_51xxxxxxxxxxxx`. They are delivered, with a warning. Works on bytes: no string of the
 * value is made.
 */

/** Longer values are no placeholders, whatever is in them. */
const LONGEST = 128

const WHOLE = [
  'changeme',
  'change-me',
  'change_me',
  'replaceme',
  'replace-me',
  'replace_me',
  'placeholder',
  'example',
  'dummy',
  'todo',
  'tbd',
  'fixme',
  'secret',
  'password',
  'redacted',
  '[redacted]',
  '__openclaw_redacted__',
].map((word) => Buffer.from(word))

/** True where the value looks like something that stands for a value. */
export function isPlaceholder(value: Uint8Array): boolean {
  if (value.length === 0 || value.length > LONGEST) return false
  return (
    WHOLE.some((word) => matches(value, 0, word, value.length)) ||
    isBracketed(value) ||
    isYourSomething(value) ||
    endsInFiller(value)
  )
}

/** `<…>`, `{{…}}`, `${…}`. */
function isBracketed(value: Uint8Array): boolean {
  const first = value[0]
  const last = value[value.length - 1]
  if (value.length < 3) return false
  if (first === 0x3c) return last === 0x3e
  if (first === 0x24) return value[1] === 0x7b && last === 0x7d
  return first === 0x7b && value[1] === 0x7b && last === 0x7d
}

/** `your-api-key-here`, `YOUR_TOKEN`, `your key`. */
function isYourSomething(value: Uint8Array): boolean {
  const separator = value[4]
  return (
    value.length > 5 &&
    matches(value, 0, Buffer.from('your'), 4) &&
    (separator === 0x2d || separator === 0x5f || separator === 0x20)
  )
}

/** `xxxx`, `****`, `....`, and any beginning that ends in eight or more of them. */
function endsInFiller(value: Uint8Array): boolean {
  const filler = lower(value[value.length - 1] ?? 0)
  if (filler !== 0x78 && filler !== 0x2a && filler !== 0x2e) return false
  let count = 0
  while (count < value.length && lower(value[value.length - 1 - count] ?? 0) === filler) count += 1
  return count >= 8 || (count === value.length && count >= 3)
}

/** `word` is lower case; compares without case up to `end`, and no shorter. */
function matches(value: Uint8Array, start: number, word: Uint8Array, end: number): boolean {
  if (end - start !== word.length) return false
  return word.every((byte, index) => lower(value[start + index] ?? 0) === byte)
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}
