/** Bodies of questions: JSON made of bytes, so that no credential becomes a string on the way. */
import { concat, wipe } from '../../secret/bytes.ts'
import { quote } from '../../secret/json-text.ts'

/** An object of strings, of numbers and of `true`; the caller wipes it. */
export function bodyOf(fields: ReadonlyMap<string, Buffer | number | true>): Buffer {
  const parts: Buffer[] = [Buffer.from('{')]
  for (const [name, value] of fields) {
    const text = Buffer.isBuffer(value) ? quote(value) : Buffer.from(String(value))
    parts.push(Buffer.from(`${parts.length === 1 ? '' : ','}"${name}":`), text)
  }
  parts.push(Buffer.from('}'))
  const body = concat(...parts)
  wipe(...parts)
  return body
}
