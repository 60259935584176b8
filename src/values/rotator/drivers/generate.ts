/** `generate`: a value that is ours to choose and that nobody has to be told, as a webhook's secret. */
import { randomInt } from 'node:crypto'
import { allocate } from '../../secret/bytes.ts'
import type { Driver, Issuer } from '../driver.ts'

const ALPHABETS: Readonly<Record<string, string>> = {
  alphanumeric: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  hex: '0123456789abcdef',
  base64url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
}
const DEFAULT_LENGTH = 43
/** By the bits of the value it replaces nobody could guess less: 128 (NIST SP 800-63B has 64 as its least). */
const LEAST_BITS = 128

export const driver: Driver = {
  spec: {
    type: 'generate',
    class: 'chosen',
    summary: 'A random value of our own choice, that no service has to be told.',
    options: {
      type: 'object',
      properties: {
        length: {
          type: 'integer',
          minimum: 16,
          maximum: 1024,
          default: DEFAULT_LENGTH,
          description: 'Characters.',
        },
        alphabet: {
          type: 'string',
          enum: Object.keys(ALPHABETS),
          default: 'alphanumeric',
          description: 'Of which characters.',
        },
      },
      additionalProperties: false,
    },
  },
  async open(options): Promise<Issuer> {
    const length = typeof options['length'] === 'number' ? options['length'] : DEFAULT_LENGTH
    const name = typeof options['alphabet'] === 'string' ? options['alphabet'] : 'alphanumeric'
    const alphabet = Buffer.from(ALPHABETS[name] ?? '')
    return {
      async choose() {
        if (length * Math.log2(alphabet.length) < LEAST_BITS) {
          return { kind: 'refused', code: 'CONFIG_INVALID' }
        }
        return { kind: 'made', value: random(alphabet, length) }
      },
      // There is nobody who could refuse it.
      try: async () => ({ kind: 'valid', account: 'ours' }),
      close: async () => {},
    }
  },
}

/** Each character alike: `randomInt` rejects what would make some more frequent. */
function random(alphabet: Buffer, length: number): Buffer {
  const value = allocate(length)
  for (let at = 0; at < length; at += 1) value[at] = alphabet[randomInt(alphabet.length)] ?? 0
  return value
}
