/**
 * What is stored under one name: a value as it is, the article's object (`value`, `expiresAt`, …), or
 * an object of such entries, one of which is the field that was asked for.
 */
import { isUtf8 } from 'node:buffer'
import { parseDate } from '../../../config/dates.ts'
import { concat, copy, wipe } from '../../secret/bytes.ts'
import { readJson, type JsonNode } from '../../secret/json.ts'
import { quote, textOf } from '../../secret/json-text.ts'
import { final, found } from '../../secret/outcome.ts'
import type { Failure, Meta, Outcome, PutOutcome } from '../contract.ts'
import type { Stored } from './session.ts'

type JsonObject = Extract<JsonNode, { kind: 'object' }>

const notAString = final('malformed', 'SECRET_MALFORMED', 'not-a-string')

/**
 * The value in own memory.
 *
 * @param bytes the caller's, who wipes them
 * @param field left out: the article's object where it is one, else all of it
 */
export function valueIn(bytes: Buffer, field: string | undefined, meta: Meta): Outcome {
  const root = objectIn(bytes, field !== undefined)
  if (root !== undefined && root.kind !== 'object') return root
  if (field === undefined) {
    return root?.members.has('value') === true
      ? entryIn(bytes, root, meta)
      : found(copy(bytes), meta)
  }
  // The article's object has one value, and its dates are of that.
  if (field === 'value' && root !== undefined) return entryIn(bytes, root, meta)
  const entry = root?.members.get(field)
  if (entry === undefined) return final('absent', 'SECRET_NOT_FOUND', 'no-such-key')
  if (entry.kind === 'string') return found(textOf(bytes, entry), meta)
  return entry.kind === 'object' ? entryIn(bytes, entry, meta) : notAString
}

function entryIn(bytes: Buffer, entry: JsonObject, meta: Meta): Outcome {
  const value = entry.members.get('value')
  if (value === undefined) return final('absent', 'SECRET_NOT_FOUND', 'no-such-key')
  if (value.kind !== 'string') return notAString
  const expires = entry.members.get('expiresAt')
  if (expires === undefined) return found(textOf(bytes, value), meta)
  // No date that cannot be read may stand for "does not expire".
  const date = expires.kind === 'string' ? parseDate(textOf(bytes, expires).toString()) : undefined
  if (date === undefined) return final('malformed', 'SECRET_MALFORMED', 'bad-date')
  return found(textOf(bytes, value), { ...meta, expiresAt: date })
}

/** Undefined where it is no JSON object and need not be one. */
function objectIn(bytes: Buffer, needed: boolean): JsonObject | Failure | undefined {
  const result = readJson(bytes)
  if ('fault' in result) {
    // It means to be an object, and which of two values is meant is not ours to choose.
    if (result.fault === 'duplicate-key') {
      return final('malformed', 'SECRET_MALFORMED', 'duplicate-key')
    }
    return needed ? final('malformed', 'SECRET_MALFORMED', 'not-json') : undefined
  }
  if (result.root.kind === 'object') return result.root
  return needed ? final('malformed', 'SECRET_MALFORMED', 'not-an-object') : undefined
}

/**
 * Stores anew what an older version held of one field.
 *
 * @param then the older version; its bytes are wiped
 */
export async function restored(
  then: Stored,
  field: string,
  store: (value: Buffer) => Promise<PutOutcome>,
): Promise<PutOutcome> {
  if (then.kind !== 'stored') return then
  const old = valueIn(then.bytes, field, {})
  wipe(then.bytes)
  if (old.kind !== 'value') return old
  try {
    return await store(old.value)
  } finally {
    wipe(old.value)
  }
}

/**
 * What is to be stored so that `valueIn` finds `value`; all else stays. The article's object gets a new
 * `createdAt` and loses `expiresAt`, which was said of the old value.
 *
 * @param old what is stored now
 * @returns own memory, which the caller wipes
 */
export function withValue(
  old: Buffer | undefined,
  field: string | undefined,
  value: Buffer,
  now: Date,
): Buffer | Failure {
  const root = old === undefined ? undefined : objectIn(old, field !== undefined)
  if (root !== undefined && root.kind !== 'object') return root
  const own = root?.members.has('value') === true && (field === undefined || field === 'value')
  if (field === undefined && !own) return copy(value)
  if (!isUtf8(value)) return final('malformed', 'SECRET_MALFORMED', 'not-utf8')
  if (own && root !== undefined && old !== undefined) return entryOf(old, root, value, now)
  const name = field ?? 'value'
  const before = root?.members.get(name)
  if (before !== undefined && before.kind !== 'string' && before.kind !== 'object') {
    return notAString
  }
  const entry =
    before?.kind === 'object' && old !== undefined ? entryOf(old, before, value, now) : quote(value)
  return Buffer.isBuffer(entry) ? objectOf(old, root, new Map([[name, entry]])) : entry
}

/** Whether it is JSON that holds more than this one field; the article's object is one value with its dates. */
export function holdsOthers(stored: Buffer, field: string): boolean {
  const result = readJson(stored)
  if (!('root' in result) || result.root.kind !== 'object' || field === 'value') return false
  return [...result.root.members.keys()].some((name) => name !== field)
}

/** Whether there is a value now. */
export function hasValue(old: Buffer, field: string | undefined): boolean {
  const outcome = valueIn(old, field, {})
  if (outcome.kind === 'value') wipe(outcome.value)
  return outcome.kind !== 'absent'
}

function entryOf(old: Buffer, entry: JsonObject, value: Buffer, now: Date): Buffer | Failure {
  const before = entry.members.get('value')
  if (before !== undefined && before.kind !== 'string') return notAString
  const createdAt = `"${now.toISOString().replace(/\.\d{3}Z$/, 'Z')}"`
  const changed = new Map([
    ['value', quote(value)],
    ['createdAt', Buffer.from(createdAt)],
  ])
  return objectOf(old, entry, changed, 'expiresAt')
}

/** The members of `object` with `changed` in their places, or behind them. Wipes `changed`. */
function objectOf(
  old: Buffer | undefined,
  object: JsonObject | undefined,
  changed: ReadonlyMap<string, Buffer>,
  dropped?: string,
): Buffer {
  const members = new Map<string, Uint8Array>()
  for (const [key, node] of object?.members ?? []) {
    if (key !== dropped && old !== undefined) members.set(key, old.subarray(node.start, node.end))
  }
  for (const [key, text] of changed) members.set(key, text)
  const parts = Array.from(members, ([key, text], i): Uint8Array[] => [
    Buffer.from(`${i === 0 ? '' : ','}${JSON.stringify(key)}:`),
    text,
  ]).flat()
  const whole = concat(Buffer.from('{'), ...parts, Buffer.from('}'))
  wipe(...changed.values())
  return whole
}
