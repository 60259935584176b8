/**
 * What a KV engine says about one path. Version 1: developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1;
 * version 2: …/kv-v2. Spans into the answer's bytes, which the caller wipes.
 */
import { parseDate } from '../../../config/dates.ts'
import type { JsonNode } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'
import { final, found } from '../../secret/outcome.ts'
import type { Failure, Location, Meta, Outcome } from '../contract.ts'
import { member, rootOf } from './answer.ts'

/** Where a ref names no field and the config neither. */
const DEFAULT_FIELD = 'value'

export interface Stored {
  kind: 'stored'
  bytes: Buffer
  /** Empty where the newest version was deleted. */
  fields: ReadonlyMap<string, JsonNode>
  meta: Meta
  /** Of version 2: what a compare-and-set compares; 0 where there is none. */
  version: number
}

const NOTHING: ReadonlyMap<string, JsonNode> = new Map()
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')
const absent: Failure = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')

/** `undefined` for a path that no request can name. @param area what version 2 puts between mount and path */
export function requestPath(
  mount: string,
  kv: 1 | 2,
  area: 'data' | 'metadata',
  path: string,
): string | undefined {
  const parts = [...mount.split('/'), ...path.split('/')]
  if (path.length > 1024 || parts.some(isBad)) return undefined
  const encoded = parts.map(encodeURIComponent)
  const at = mount.split('/').length
  return [...encoded.slice(0, at), ...(kv === 2 ? [area] : []), ...encoded.slice(at)].join('/')
}

function isBad(part: string): boolean {
  return part === '' || part === '.' || part === '..' || /[\p{Cc}\p{Cs}]/u.test(part)
}

/** @param body of an answer of 200, or of 404: version 2 says there which version was deleted */
export function readStored(body: Buffer, kv: 1 | 2): Stored | Failure {
  const root = rootOf(body)
  const data = member(root, 'data')
  // `{"errors":[]}`: there never was one.
  if (data === undefined) return member(root, 'errors') === undefined ? badAnswer : absent
  if (kv === 1) {
    if (data.kind !== 'object') return badAnswer
    return { kind: 'stored', bytes: body, fields: data.members, meta: {}, version: 0 }
  }
  const inner = member(data, 'data')
  const metadata = member(data, 'metadata')
  const version = member(metadata, 'version')
  if (inner === undefined || version?.kind !== 'number') return badAnswer
  const number = Number(body.toString('latin1', version.start, version.end))
  if (!Number.isSafeInteger(number) || number < 0) return badAnswer
  const created = dateIn(body, member(metadata, 'created_time'))
  const custom = member(metadata, 'custom_metadata')
  const stated = member(custom, 'expiresAt') ?? member(custom, 'expires_at')
  const expires = dateIn(body, stated)
  // A date that cannot be read is no date: to deliver would be to ignore it.
  if (stated !== undefined && expires === undefined) {
    return final('malformed', 'SECRET_MALFORMED', 'bad-date')
  }
  const meta: Meta = {
    version: String(number),
    ...(created === undefined ? {} : { createdAt: created }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  }
  const fields = inner.kind === 'object' ? inner.members : NOTHING
  return { kind: 'stored', bytes: body, fields, meta, version: number }
}

/** The value of a location whose path was read; in own memory. */
export function outcomeOf(stored: Stored, at: Location, configured: string | undefined): Outcome {
  if (stored.fields.size === 0) return absent
  const name = at.field ?? configured ?? theField(stored.fields)
  const node =
    stored.fields.get(name) ?? (at.alias === undefined ? undefined : stored.fields.get(at.alias))
  if (node === undefined) return final('absent', 'SECRET_NOT_FOUND', 'no-such-key')
  if (node.kind !== 'string') return final('malformed', 'SECRET_MALFORMED', 'not-a-string')
  return found(textOf(stored.bytes, node), stored.meta)
}

/** `value`, or the only one there is. */
function theField(fields: ReadonlyMap<string, JsonNode>): string {
  const [only = DEFAULT_FIELD] = fields.keys()
  return fields.size === 1 ? only : DEFAULT_FIELD
}

/** Vault writes nanoseconds, which are more than a date here may have. `undefined` for what is no date. */
export function dateIn(bytes: Buffer, node: JsonNode | undefined): Date | undefined {
  if (node?.kind !== 'string') return undefined
  return parseDate(
    textOf(bytes, node)
      .toString()
      .replace(/(\.\d{3})\d+/, '$1'),
  )
}
