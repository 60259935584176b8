/** One credential can be written in two ways: other bytes alone do not say that it is another one. */
import type { Issuer } from './driver.ts'

/** @param one and `other`: values whose bytes differ */
export function mayBeOne({ same }: Pick<Issuer, 'same'>, one: Buffer, other: Buffer): boolean {
  if (same !== undefined) return same(one, other)
  const words = [wordOf(one), wordOf(other)] as const
  if (words[0] === undefined || words[1] === undefined) return true
  return words[0].equals(words[1])
}

/** Whether they are one for sure: the same bytes, or the same word with other space around it. */
export function isOne(one: Buffer, other: Buffer): boolean {
  const words = [wordOf(one), wordOf(other)] as const
  return one.equals(other) || (words[0] !== undefined && words[1]?.equals(words[0]) === true)
}

/**
 * Without the space around it, where it is one word: what can stand in a header as a token, RFC 6750,
 * section 2.1. Anything else has parts, and so more than one spelling.
 */
function wordOf(value: Buffer): Buffer | undefined {
  let [start, end] = [0, value.length]
  while (start < end && isSpace(value[start])) start += 1
  while (end > start && isSpace(value[end - 1])) end -= 1
  const word = value.subarray(start, end)
  return word.every(isOfToken) ? word : undefined
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)
}

const OF_TOKEN: ReadonlySet<number> = new Set(
  Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/='),
)

function isOfToken(byte: number): boolean {
  return OF_TOKEN.has(byte)
}
