/** The two shapes of an entry in a secrets file: a string, or the article's object. */
import type { Failure, Meta, Outcome } from '../contract.ts'
import { readJson, type JsonNode } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'
import { final, found } from '../../secret/outcome.ts'
import { parseDate } from '../../../config/dates.ts'
import type { SecretFile } from './read.ts'

export interface Entries {
  kind: 'entries'
  members: ReadonlyMap<string, JsonNode>
}

/** The top level of a secrets file, name to entry. Quotes nothing of what it could not read. */
export function readEntries(file: SecretFile): Entries | Failure {
  const result = readJson(file.bytes)
  if ('fault' in result) {
    switch (result.fault) {
      case 'duplicate-key':
        return final('malformed', 'SECRET_MALFORMED', 'duplicate-key', file.path)
      case 'not-utf8':
      case 'lone-surrogate':
        return final('malformed', 'SECRET_MALFORMED', 'not-utf8', file.path)
      case 'not-json':
      case 'too-deep':
        return final('malformed', 'SECRET_MALFORMED', 'not-json', file.path)
    }
  }
  if (result.root.kind !== 'object') {
    return final('malformed', 'SECRET_MALFORMED', 'not-an-object', file.path)
  }
  return { kind: 'entries', members: result.root.members }
}

/** The entry called `name`, its value in own memory. */
export function readEntry(file: SecretFile, entries: Entries, name: string): Outcome {
  const entry = entries.members.get(name)
  if (entry === undefined) return final('absent', 'SECRET_NOT_FOUND', 'no-such-key', file.path)
  const own: Meta = { version: file.version, warnings: file.warnings }
  if (entry.kind === 'string') return found(textOf(file.bytes, entry), own)
  const value = entry.kind === 'object' ? entry.members.get('value') : undefined
  if (entry.kind !== 'object' || value?.kind !== 'string') {
    return final('malformed', 'SECRET_MALFORMED', 'not-a-string', file.path)
  }
  // Who manages the value; metadata that routes nothing. Other keys are somebody else's notes.
  const manager = entry.members.get('provider')
  if (manager !== undefined && manager.kind !== 'string') {
    return final('malformed', 'SECRET_MALFORMED', 'not-a-string', file.path)
  }
  const dates: { createdAt?: Date; expiresAt?: Date } = {}
  for (const key of ['createdAt', 'expiresAt'] as const) {
    const node = entry.members.get(key)
    if (node === undefined) continue
    // No date that cannot be read may stand for "does not expire".
    const date = node.kind === 'string' ? parseDate(textOf(file.bytes, node).toString()) : undefined
    if (date === undefined) {
      return final('malformed', 'SECRET_MALFORMED', 'bad-date', file.path)
    }
    dates[key] = date
  }
  return found(textOf(file.bytes, value), { ...own, ...dates })
}
