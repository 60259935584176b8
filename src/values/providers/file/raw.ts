/**
 * A file that holds one raw value. A byte order mark before it and one newline after it are an
 * editor's, not the value's; a PEM block keeps its newline.
 */
import type { Outcome } from '../contract.ts'
import { concat, copy } from '../../secret/bytes.ts'
import { BOM, bomLength } from '../../secret/json.ts'
import { newlineAfter } from '../../secret/newline.ts'
import { found } from '../../secret/outcome.ts'
import type { SecretFile } from './read.ts'

const LF = 0x0a

/** The value in own memory: without a byte order mark, and without the one newline after it. */
export function readRaw(file: SecretFile): Outcome {
  const { bytes } = file
  const end = bytes.length - newlineAfter(bytes)
  const start = Math.min(bomLength(bytes), end)
  const value = copy(bytes.subarray(start, end))
  return found(value, { version: file.version, warnings: file.warnings })
}

/** What a file must hold so that `readRaw` gives back `value`, whatever it begins and ends with. */
export function encodeRaw(value: Buffer): Buffer {
  const before = bomLength(value) > 0 ? BOM : []
  // A newline of the value's own is kept where another follows; that of a PEM block is kept anyway.
  const after = newlineAfter(value) > 0 ? [LF] : []
  return concat(before, value, after)
}
