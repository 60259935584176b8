/**
 * What is inside the encrypted store: names, each with its versions. `age -d` shows it as JSON:
 *
 *   {"secretref-store": 1, "recipients": ["age1…"],
 *    "secrets": {"stripe-api-key": {"current": 2, "previous": 1, "versions": [
 *      {"version": 2, "createdAt": "…", "expiresAt": "…", "operation": "…", "value": "…"}, …]}}}
 *
 * A value that is not UTF-8 stands as `base64`. Values are buffers of their own; `wipeDocument` ends them.
 */
import { isUtf8 } from 'node:buffer'
import { parseDate } from '../../config/dates.ts'
import { NAME } from '../../config/names.ts'
import { decodeBase64, encodeBase64 } from '../secret/base64.ts'
import { concat, wipe } from '../secret/bytes.ts'
import { readJson, type JsonNode } from '../secret/json.ts'
import { quote, textOf } from '../secret/json-text.ts'

const FORMAT = 1

export interface Version {
  /** From 1; not used twice while the name is there. */
  version: number
  createdAt: Date
  expiresAt?: Date
  /** The id of the write that made it. */
  operation?: string
  value: Buffer
}

export interface Secret {
  /** What `get` answers with; absent while there is only a pending one. */
  current?: number
  previous?: number
  pending?: number
  /** Ascending. */
  versions: Version[]
}

export interface Document {
  /** age recipients that the file is encrypted to. */
  recipients: string[]
  secrets: Map<string, Secret>
}

export function wipeDocument(document: Document): void {
  for (const { versions } of document.secrets.values()) {
    for (const { value } of versions) wipe(value)
  }
}

/** In own memory, which the caller wipes. Names and fields in one order, so that it is made the same again. */
export function writeDocument({ recipients, secrets }: Document): Buffer {
  const parts: Buffer[] = []
  const text = (words: string): void => void parts.push(Buffer.from(words))
  text(
    `{\n  "secretref-store": ${FORMAT},\n  "recipients": ${JSON.stringify(recipients)},\n  "secrets": {`,
  )
  let first = true
  for (const [name, secret] of [...secrets].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const { current, previous, pending, versions } = secret
    text(`${first ? '' : ','}\n    ${JSON.stringify(name)}: {`)
    for (const [key, value] of Object.entries({ current, previous, pending })) {
      if (value !== undefined) text(`"${key}": ${value}, `)
    }
    text('"versions": [')
    for (const [i, one] of versions.entries()) {
      text(
        `${i === 0 ? '' : ','}\n      {"version": ${one.version}, "createdAt": "${one.createdAt.toISOString()}", `,
      )
      if (one.expiresAt !== undefined) text(`"expiresAt": "${one.expiresAt.toISOString()}", `)
      if (one.operation !== undefined) text(`"operation": ${JSON.stringify(one.operation)}, `)
      parts.push(...valueField(one.value))
      text('}')
    }
    text('\n    ]}')
    first = false
  }
  text('\n  }\n}\n')
  const whole = concat(...parts)
  wipe(...parts)
  return whole
}

function valueField(value: Buffer): Buffer[] {
  if (isUtf8(value)) return [Buffer.from('"value": '), quote(value)]
  const encoded = encodeBase64(value)
  const field = [Buffer.from('"base64": "'), encoded, Buffer.from('"')]
  return field
}

/** `undefined` where it is not a document of this format, whole. */
export function readDocument(bytes: Buffer): Document | undefined {
  const result = readJson(bytes)
  if ('fault' in result) return undefined
  const document: Document = { recipients: [], secrets: new Map() }
  try {
    fill(document, bytes, result.root)
    return document
  } catch (error) {
    wipeDocument(document)
    if (error instanceof Malformed) return undefined
    throw error
  }
}

class Malformed extends Error {}

type Members = ReadonlyMap<string, JsonNode>

function fill(document: Document, bytes: Buffer, root: JsonNode): void {
  const members = membersOf(root)
  if (numberOf(bytes, members.get('secretref-store')) !== FORMAT) throw new Malformed()
  for (const node of itemsOf(members.get('recipients'))) {
    document.recipients.push(stringOf(bytes, node))
  }
  for (const [name, node] of membersOf(members.get('secrets'))) {
    if (!NAME.test(name)) throw new Malformed()
    const secret: Secret = { versions: [] }
    document.secrets.set(name, secret)
    const fields = membersOf(node)
    for (const version of itemsOf(fields.get('versions'))) {
      secret.versions.push(versionOf(bytes, membersOf(version)))
    }
    for (const key of ['current', 'previous', 'pending'] as const) {
      const number = fields.get(key)
      if (number === undefined) continue
      secret[key] = numberOf(bytes, number)
      if (!secret.versions.some(({ version }) => version === secret[key])) throw new Malformed()
    }
    const numbers = secret.versions.map(({ version }) => version)
    if (numbers.some((version, i) => version <= (numbers[i - 1] ?? 0))) throw new Malformed()
  }
}

function versionOf(bytes: Buffer, fields: Members): Version {
  const version = numberOf(bytes, fields.get('version'))
  const createdAt = dateOf(bytes, fields.get('createdAt'))
  const [expires, operation] = [fields.get('expiresAt'), fields.get('operation')]
  const about = {
    version,
    createdAt,
    ...(expires === undefined ? {} : { expiresAt: dateOf(bytes, expires) }),
    ...(operation === undefined ? {} : { operation: stringOf(bytes, operation) }),
  }
  const [plain, encoded] = [fields.get('value'), fields.get('base64')]
  if (plain?.kind === 'string') return { ...about, value: textOf(bytes, plain) }
  if (encoded?.kind !== 'string') throw new Malformed()
  const text = textOf(bytes, encoded)
  const value = decodeBase64(text)
  wipe(text)
  if (value === undefined) throw new Malformed()
  return { ...about, value }
}

function membersOf(node: JsonNode | undefined): Members {
  if (node?.kind !== 'object') throw new Malformed()
  return node.members
}

function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  if (node?.kind !== 'array') throw new Malformed()
  return node.items
}

function numberOf(bytes: Buffer, node: JsonNode | undefined): number {
  const number =
    node?.kind === 'number' ? Number(bytes.toString('latin1', node.start, node.end)) : 0
  if (!Number.isSafeInteger(number) || number < 1) throw new Malformed()
  return number
}

/** For what is no value. */
function stringOf(bytes: Buffer, node: JsonNode): string {
  if (node.kind !== 'string') throw new Malformed()
  return textOf(bytes, node).toString()
}

function dateOf(bytes: Buffer, node: JsonNode | undefined): Date {
  const date = node?.kind === 'string' ? parseDate(stringOf(bytes, node)) : undefined
  if (date === undefined) throw new Malformed()
  return date
}
