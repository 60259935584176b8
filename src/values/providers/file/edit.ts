/**
 * Sets one entry of a secrets file and leaves every other byte as it stands: numbers, nesting, the
 * order and the spaces of whoever wrote it.
 */
import { concat, copy, wipe } from '../../secret/bytes.ts'
import type { JsonNode } from '../../secret/json.ts'
import { quote } from '../../secret/json-text.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import type { Entries } from './entry.ts'
import type { SecretFile } from './read.ts'

type JsonObject = Extract<JsonNode, { kind: 'object' }>

/** A new secrets file, in the article's form, with this one entry. */
export function newFile(name: string, value: Buffer, now: Date): Buffer {
  const entry = newEntry(value, now)
  return build(['{\n  ', quoted(name), ': ', entry, '\n}\n'])
}

/**
 * The file's bytes with the entry `name` set to `value`. An entry keeps its form: a string stays a
 * string; an object gets the value and `createdAt`, and loses `expiresAt`, which was said of the old
 * value. A new one follows the others: a string where all of them are, else the article's object.
 *
 * @returns own memory, which the caller wipes, or why the entry cannot be set
 */
export function setEntry(
  file: SecretFile,
  entries: Entries,
  name: string,
  value: Buffer,
  now: Date,
): Buffer | Failure {
  const { bytes } = file
  const all = [...entries.members.values()]
  const entry = entries.members.get(name)
  if (entry !== undefined) {
    const changed =
      entry.kind === 'string'
        ? quote(value)
        : entry.kind === 'object'
          ? changedEntry(bytes, entry, value, now)
          : undefined
    if (changed === undefined) {
      return final('malformed', 'SECRET_MALFORMED', 'not-a-string', file.path)
    }
    return build([copy(bytes.subarray(0, entry.start)), changed, copy(bytes.subarray(entry.end))])
  }
  const last = all.at(-1)
  if (last === undefined) return newFile(name, value, now)
  const flat = all.every(({ kind }) => kind === 'string')
  const added = flat ? quote(value) : newEntry(value, now)
  return build([
    copy(bytes.subarray(0, last.end)),
    ',\n  ',
    quoted(name),
    ': ',
    added,
    copy(bytes.subarray(last.end)),
  ])
}

/** `provider` says who manages the value. */
function newEntry(value: Buffer, now: Date): Buffer {
  return members([
    ['value', quote(value)],
    ['provider', quoted('secretref')],
    ['createdAt', quoted(timestamp(now))],
  ])
}

function changedEntry(bytes: Buffer, entry: JsonObject, value: Buffer, now: Date): Buffer {
  const fields = new Map<string, Buffer>()
  for (const [key, node] of entry.members) {
    if (key !== 'expiresAt') fields.set(key, copy(bytes.subarray(node.start, node.end)))
  }
  wipe(fields.get('value'))
  fields.set('value', quote(value))
  fields.set('createdAt', quoted(timestamp(now)))
  return members([...fields])
}

/** An object, a member a line, at the depth of an entry. Wipes the parts. */
function members(fields: readonly (readonly [string, Buffer])[]): Buffer {
  const lines = fields.flatMap(([key, text], index) => [
    index === 0 ? '\n    ' : ',\n    ',
    quoted(key),
    ': ',
    text,
  ])
  return build(['{', ...lines, '\n  }'])
}

/** Joins the parts in own memory and wipes those that are bytes. */
function build(parts: readonly (string | Buffer)[]): Buffer {
  const pieces = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))
  const whole = concat(...pieces)
  wipe(...pieces)
  return whole
}

function quoted(text: string): Buffer {
  return quote(Buffer.from(text))
}

/** As the article writes it: seconds, UTC. */
function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
