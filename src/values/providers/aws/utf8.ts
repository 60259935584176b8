import { allocate } from '../../secret/bytes.ts'

/** A string of the SDK's as bytes in own memory, the receiver's to wipe. */
export function utf8(text: string): Buffer {
  const bytes = allocate(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
