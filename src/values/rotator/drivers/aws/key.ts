/**
 * What a ref of an access key holds: a JSON object with `AccessKeyId` and `SecretAccessKey`, as the AWS CLI
 * names them (what else is in it stays; so the answer of a profile's `credential_process` is one), or the
 * lines of one profile of a credentials file
 * (docs.aws.amazon.com/sdkref/latest/guide/file-format.html, feature-process-credentials.html).
 */
import { concat, wipe } from '../../../secret/bytes.ts'
import { readJson } from '../../../secret/json.ts'
import { textOf } from '../../../secret/json-text.ts'

/** The SDK takes strings; they end with this process. */
export interface AccessKey {
  id: string
  secret: string
}

/** docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html */
const ID = /^[A-Z0-9]{16,128}$/
const SECRET = /^[A-Za-z0-9+/=]{16,128}$/

/** Where a text lies in the value. */
interface Place {
  start: number
  end: number
  text: string
}

/** @returns `undefined` where it is neither form, or holds more than one key */
export function keyIn(value: Buffer): AccessKey | undefined {
  const [id, secret] = placesIn(value) ?? []
  if (id === undefined || secret === undefined) return undefined
  return { id: id.text, secret: secret.text }
}

/** The same value with another key, in own memory, which the caller wipes. */
export function withKey(value: Buffer, key: AccessKey): Buffer | undefined {
  const [id, secret] = placesIn(value) ?? []
  if (id === undefined || secret === undefined || !isKey(key)) return undefined
  const changes = [
    { ...id, text: key.id },
    { ...secret, text: key.secret },
  ].toSorted((one, other) => one.start - other.start)
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, text } of changes) {
    parts.push(value.subarray(at, start), Buffer.from(text))
    at = end
  }
  const whole = concat(...parts, value.subarray(at))
  wipe(parts[1], parts[3])
  return whole
}

function isKey({ id, secret }: AccessKey): boolean {
  return ID.test(id) && SECRET.test(secret)
}

function placesIn(value: Buffer): [Place, Place] | undefined {
  const id = inJson(value, 'AccessKeyId') ?? inLines(value, 'aws_access_key_id')
  const secret = inJson(value, 'SecretAccessKey') ?? inLines(value, 'aws_secret_access_key')
  if (id === undefined || secret === undefined) return undefined
  return isKey({ id: id.text, secret: secret.text }) ? [id, secret] : undefined
}

function inJson(value: Buffer, name: string): Place | undefined {
  const result = readJson(value)
  if (!('root' in result) || result.root.kind !== 'object') return undefined
  const node = result.root.members.get(name)
  if (node?.kind !== 'string') return undefined
  const bytes = textOf(value, node)
  const text = bytes.toString()
  wipe(bytes)
  return { start: node.start + 1, end: node.end - 1, text }
}

/** One line alone: which of two profiles is meant is not ours to choose. */
function inLines(value: Buffer, name: string): Place | undefined {
  const lines = new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(\\S+)[ \\t]*\\r?$`, 'dgm')
  // One character a byte, so that both count alike.
  const [found, more] = value.toString('latin1').matchAll(lines)
  const [start, end] = found?.indices?.[1] ?? []
  if (more !== undefined || start === undefined || end === undefined) return undefined
  return { start, end, text: found?.[1] ?? '' }
}
