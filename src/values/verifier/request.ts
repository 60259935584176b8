/**
 * Fills a recipe in with values. Each is encoded for its place: what a value holds can end neither a
 * header nor a path, and cannot add a field to a body.
 */
import { isUtf8 } from 'node:buffer'
import type { Call, Unsettled } from '../../gateway/verify/words.ts'
import { PLACEHOLDER } from '../../targets/placeholders.ts'
import type { Verify } from '../../targets/types.ts'
import { concat, wipe } from '../secret/bytes.ts'

/** Strings, as Node's HTTP client wants them: no wipe reaches them, and this process ends soon. */
export interface Request {
  method: string
  path: string
  /** One character a byte. */
  headers: Record<string, string>
  body?: Buffer
}

export type Refused = Extract<Unsettled, 'companion-missing' | 'not-sendable' | 'other-host'>

/** By name, `value` among them. */
export type Values = ReadonlyMap<string, Uint8Array>

/** RFC 9110 section 5.5: no control character but the tab, which no credential has either. */
function hasControl(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 0x20 || byte === 0x7f)
}

class Refusal extends Error {
  readonly reason: Refused
  constructor(reason: Refused) {
    super(reason)
    this.reason = reason
  }
}

/** @param base what stands before the recipe's path @returns the request, or why it cannot be made */
export function requestOf(
  { recipe }: Pick<Call, 'recipe'>,
  base: string,
  values: Values,
): Request | Refused {
  try {
    return fill(recipe, base, values)
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
}

function fill(recipe: Verify, base: string, values: Values): Request {
  const headers: Record<string, string> = { 'user-agent': 'secretref' }
  for (const [name, template] of Object.entries(recipe.headers ?? {})) {
    headers[name] = inHeader(filled(template, values, asItIs))
  }
  if (recipe.basic !== undefined) {
    const pair = Buffer.from(inHeader(filled(recipe.basic, values, asItIs)), 'latin1')
    headers['authorization'] = `Basic ${pair.toString('base64')}`
    wipe(pair)
  }
  const path = filled(recipe.path, values, (bytes, name) =>
    name === 'path' ? pathOf(bytes, recipe.host) : percentEncoded(bytes),
  )
  const target = `${base}${path.toString('latin1')}`
  if (!/^\/[!-~]*$/.test(target) || hasDots(target)) throw new Refusal('not-sendable')
  const request = { method: recipe.method, path: target, headers }
  if (recipe.body === undefined) return request
  return { ...request, body: filled(recipe.body, values, encoderFor(headers['content-type'])) }
}

/** RFC 3986 section 5.2.4: servers take such a segment out, and with it the one before: another path. */
function hasDots(target: string): boolean {
  const [path = ''] = target.split('?', 1)
  return path.split('/').some((segment) => segment === '.' || segment === '..')
}

type Encode = (value: Uint8Array, name: string) => Uint8Array

function filled(template: string, values: Values, encode: Encode): Buffer {
  // `split` with a group gives text and names in turn.
  const parts = template.split(PLACEHOLDER).map((part, i) => {
    if (i % 2 === 0) return Buffer.from(part)
    const value = values.get(part === 'path' ? 'value' : part)
    if (value === undefined) throw new Refusal('companion-missing')
    return encode(value, part)
  })
  return concat(...parts)
}

const asItIs: Encode = (value, name) => {
  if (name === 'path') throw new Refusal('not-sendable')
  return value
}

function inHeader(bytes: Buffer): string {
  if (hasControl(bytes)) throw new Refusal('not-sendable')
  const text = bytes.toString('latin1')
  wipe(bytes)
  return text
}

function encoderFor(contentType: string | undefined): Encode {
  if (contentType?.startsWith('application/x-www-form-urlencoded')) return percentEncoded
  if (contentType?.startsWith('application/json')) return inJson
  // Nothing says what would end the value's place in such a body.
  return () => {
    throw new Refusal('not-sendable')
  }
}

/** Every byte but RFC 3986's unreserved ones. */
function percentEncoded(value: Uint8Array): Buffer {
  let text = ''
  for (const byte of value) {
    const letter = String.fromCharCode(byte)
    text += /[A-Za-z0-9._~-]/.test(letter)
      ? letter
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return Buffer.from(text)
}

function inJson(value: Uint8Array): Buffer {
  if (!isUtf8(value)) throw new Refusal('not-sendable')
  return Buffer.from(JSON.stringify(Buffer.from(value).toString('utf8')).slice(1, -1))
}

/** A credential that is itself a URL names a host, and must name the target's. */
function pathOf(value: Uint8Array, host: string | undefined): Buffer {
  const url = hasControl(value) ? null : URL.parse(Buffer.from(value).toString('latin1'))
  if (url === null) throw new Refusal('not-sendable')
  const isTargets = url.protocol === 'https:' && url.hostname === host && url.port === ''
  if (!isTargets || url.username !== '' || url.password !== '') throw new Refusal('other-host')
  return Buffer.from(`${url.pathname.slice(1)}${url.search}`, 'latin1')
}
