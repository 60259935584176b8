/**
 * OpenClaw's exec protocol, version 1, as its release 2026.9.6 reads it: the request, and what an
 * answer says about each id. Of an answer's own words nothing is kept: a message may hold a value.
 */
import { copy } from '../../secret/bytes.ts'
import { bomLength, readJson, type JsonNode } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'
import { final, found } from '../../secret/outcome.ts'
import type { Failure, Outcome } from '../contract.ts'

export const MAX_IDS = 512
export const MAX_REQUEST_BYTES = 256 * 1024

const ID = /^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$/

/** OpenClaw's grammar: no segment of a path may be `.` or `..`. */
export function isId(id: string): boolean {
  return ID.test(id) && !id.split('/').some((segment) => segment === '.' || segment === '..')
}

/** `undefined` where there are more ids, or more bytes, than one request may have. */
export function requestOf(provider: string, ids: readonly string[]): string | undefined {
  if (ids.length > MAX_IDS) return undefined
  const request = JSON.stringify({ protocolVersion: 1, provider, ids })
  return Buffer.byteLength(request) > MAX_REQUEST_BYTES ? undefined : request
}

type Members = ReadonlyMap<string, JsonNode>

/** What an answer says, id by id; spans into the bytes that it was read from. */
export type Answer =
  | { kind: 'answer'; bytes: Buffer; values: Members; errors: Members }
  | { kind: 'one'; value: Buffer }

/**
 * @param stdout what the program wrote; the caller wipes it after the last `outcomeOf`
 * @param plain `jsonOnly: false` and one id: what is not JSON, or is a JSON string, is the value
 */
export function readAnswer(stdout: Buffer, plain: boolean): Answer | Failure {
  const bytes = trim(stdout)
  if (bytes.length === 0) return badAnswer
  const result = readJson(bytes)
  if ('fault' in result) {
    const isJson = result.fault !== 'not-json' && result.fault !== 'not-utf8'
    return plain && !isJson ? { kind: 'one', value: copy(bytes) } : badAnswer
  }
  const { root } = result
  if (plain && root.kind === 'string') return { kind: 'one', value: textOf(bytes, root) }
  if (root.kind !== 'object') return badAnswer
  const version = root.members.get('protocolVersion')
  if (version?.kind !== 'number' || numberOf(bytes, version) !== 1) return badAnswer
  const values = root.members.get('values')
  if (values?.kind !== 'object') return badAnswer
  const errors = root.members.get('errors')
  return {
    kind: 'answer',
    bytes,
    values: values.members,
    errors: errors?.kind === 'object' ? errors.members : new Map(),
  }
}

/** What is said about `id`: an error wins over a value. The value is in own memory. */
export function outcomeOf(answer: Answer, id: string): Outcome {
  if (answer.kind === 'one') return found(copy(answer.value))
  const error = answer.errors.get(id)
  if (error !== undefined) return failureOf(answer.bytes, error)
  const value = answer.values.get(id)
  if (value === undefined) return final('malformed', 'PROVIDER_INVALID', 'id-missing')
  if (value.kind !== 'string') return final('malformed', 'SECRET_MALFORMED', 'not-a-string')
  return found(textOf(answer.bytes, value))
}

const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

/** Two codes are known; any other error is final too, and says no more than that. */
function failureOf(bytes: Buffer, error: JsonNode): Failure {
  const code = error.kind === 'object' ? error.members.get('code') : undefined
  const text = code?.kind === 'string' ? textOf(bytes, code) : Buffer.alloc(0)
  if (text.equals(Buffer.from('NOT_FOUND'))) {
    return final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
  }
  if (text.equals(Buffer.from('AMBIGUOUS_DUPLICATE_KEY'))) {
    return final('malformed', 'SECRET_MALFORMED', 'id-ambiguous')
  }
  return final('malformed', 'PROVIDER_INVALID', 'id-error')
}

function numberOf(bytes: Buffer, node: JsonNode): number {
  return Number(bytes.toString('latin1', node.start, node.end))
}

/** Without white space around it, and without a byte order mark: a view, no copy. */
function trim(bytes: Buffer): Buffer {
  let start = bomLength(bytes)
  let end = bytes.length
  while (start < end && isSpace(bytes.readUInt8(start))) start += 1
  while (end > start && isSpace(bytes.readUInt8(end - 1))) end -= 1
  return bytes.subarray(start, end)
}

/** ASCII's; a value that ends in another script's space keeps it. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
