/** Whether a text that is to leave the value wing, as a version or a name, holds a value. */
import { wipe } from './bytes.ts'

/** A shorter value stands in an innocent text by chance. */
const TELLING_BYTES = 8
/** JSON's white space: a value is often a line of its own, and no name has its end. */
const SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** @returns `yes`: it is not to be used at all; `by-chance`: it may be, and is left out where it is told */
export function holds(text: string, value: Buffer): 'yes' | 'by-chance' | 'no' {
  const bare = withoutSpace(value)
  const bytes = Buffer.from(text)
  const found = bare.length > 0 && bytes.includes(bare)
  wipe(bytes)
  if (!found) return 'no'
  return bare.length < TELLING_BYTES ? 'by-chance' : 'yes'
}

/** The same memory, without what is around it. */
function withoutSpace(value: Buffer): Buffer {
  let [from, to] = [0, value.length]
  while (from < to && SPACE.has(value[from])) from += 1
  while (to > from && SPACE.has(value[to - 1])) to -= 1
  return value.subarray(from, to)
}
