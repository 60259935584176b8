/** RFC 4648 section 4 over bytes, so that no string of a value is made. */
import { allocate } from './bytes.ts'

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const PAD = 0x3d

/** In own memory, with its padding. */
export function encodeBase64(bytes: Uint8Array): Buffer {
  const text = allocate(Math.ceil(bytes.length / 3) * 4)
  let to = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const [one = 0, two, three] = bytes.subarray(at, at + 3)
    text[to++] = ALPHABET[one >> 2] ?? 0
    text[to++] = ALPHABET[((one & 3) << 4) | ((two ?? 0) >> 4)] ?? 0
    text[to++] = two === undefined ? PAD : (ALPHABET[((two & 15) << 2) | ((three ?? 0) >> 6)] ?? 0)
    text[to++] = three === undefined ? PAD : (ALPHABET[three & 63] ?? 0)
  }
  return text
}

/** In own memory; `undefined` where it is not exactly what `encodeBase64` would write. */
export function decodeBase64(text: Uint8Array): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined
  const pads = text.at(-1) !== PAD ? 0 : text.at(-2) === PAD ? 2 : 1
  const bytes = allocate((text.length / 4) * 3 - pads)
  let to = 0
  for (let at = 0; at < text.length; at += 4) {
    let bits = 0
    for (let i = 0; i < 4; i += 1) {
      const byte = text[at + i] ?? 0
      const padding = byte === PAD && at + i >= text.length - pads
      const value = padding ? 0 : ALPHABET.indexOf(byte)
      if (value < 0) return refused(bytes)
      bits = (bits << 6) | value
    }
    for (const shift of [16, 8, 0]) {
      const byte = (bits >> shift) & 0xff
      if (to < bytes.length) bytes[to++] = byte
      // Bits behind the end would be a second spelling of the same bytes.
      else if (byte !== 0) return refused(bytes)
    }
  }
  return bytes
}

function refused(bytes: Buffer): undefined {
  bytes.fill(0)
  return undefined
}
