/**
 * A certificate for 127.0.0.1 that signs itself, made anew for each test: no key lies in the repository.
 * DER as RFC 5280 (section 4.1) and RFC 8410 want it.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Uint8Array.from(bytes))
const utcTime = (date: Date): Buffer => {
  const text = date
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2)
  return der(0x17, Buffer.from(text))
}

const DAY_MS = 86_400_000

/** @returns both in PEM */
export function selfSigned(): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const commonName = sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('127.0.0.1')))
  const name = sequence(der(0x31, commonName))
  const now = Date.now()
  const validity = sequence(utcTime(new Date(now - DAY_MS)), utcTime(new Date(now + DAY_MS)))
  const alternative = der(0x04, sequence(der(0x87, Uint8Array.from([127, 0, 0, 1]))))
  const extensions = der(0xa3, sequence(sequence(oid(0x55, 0x1d, 0x11), alternative)))
  const toSign = sequence(
    der(0xa0, der(0x02, Uint8Array.from([2]))),
    der(0x02, Uint8Array.from([1])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  )
  const signature = der(0x03, Uint8Array.from([0]), sign('sha256', toSign, privateKey))
  const whole = sequence(toSign, ecdsaWithSha256, signature).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}
