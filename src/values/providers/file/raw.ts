/**
 * A file that holds one raw value. A byte order mark before it and one newline after it are an
 * editor's, not the value's.
 */
import type { Outcome } from '../contract.ts'
import { concat, copy } from '../../secret/bytes.ts'
import { BOM, bomLength } from '../../secret/json.ts'
import { found } from '../../secret/outcome.ts'
import type { SecretFile } from './read.ts'

const LF = 0x0a
const CR = 0x0d

/** The value in own memory: without a byte order mark, and without exactly one `\n` or `\r\n`. */
export function readRaw(file: SecretFile): Outcome {
  const { bytes } = file
  let end = bytes.length
  if (bytes[end - 1] === LF) end -= bytes[end - 2] === CR ? 2 : 1
  const start = Math.min(bomLength(bytes), end)
  const value = copy(bytes.subarray(start, end))
  return found(value, { version: file.version, warnings: file.warnings })
}

/** What a file must hold so that `readRaw` gives back `value`, whatever it begins and ends with. */
export function encodeRaw(value: Buffer): Buffer {
  const before = bomLength(value) > 0 ? BOM : []
  const after = value.at(-1) === LF ? [LF] : []
  return concat(before, value, after)
}
