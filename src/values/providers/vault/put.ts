/** One field of one path is replaced, the others stay; with version 2 nobody else's write is lost. */
import { isUtf8 } from 'node:buffer'
import { concat, wipe } from '../../secret/bytes.ts'
import { readJson } from '../../secret/json.ts'
import { quote } from '../../secret/json-text.ts'
import { final } from '../../secret/outcome.ts'
import type { Location, PutOutcome, Reason } from '../contract.ts'
import { ask, type Question, type Vault } from './call.ts'
import { readStored, requestPath, type Stored } from './kv.ts'

export interface Place {
  mount: string
  kv: 1 | 2
  field: string | undefined
}

const badName = final('malformed', 'PROVIDER_INVALID', 'bad-name')

/**
 * @param expect `any`; `absent`: `conflict` where the field is there; a version: `conflict` where the path
 *   has another. Version 1 of the engine compares nothing, so there only `any` is written.
 */
export async function put(
  vault: Vault,
  token: Buffer,
  { mount, kv, field }: Place,
  at: Location,
  value: Buffer,
  expect: string,
): Promise<PutOutcome> {
  const path = requestPath(mount, kv, 'data', at.path)
  if (path === undefined || at.version !== undefined) return badName
  // JSON holds nothing else, and the server would put another character in its place.
  if (!isUtf8(value)) return final('malformed', 'SECRET_MALFORMED', 'not-utf8')
  if (kv === 1 && expect !== 'any') return final('malformed', 'UNSUPPORTED', 'no-compare')
  const old = await ask(vault, { method: 'GET', path, token, repeat: true }, [404])
  if (old.kind !== 'answer') return old
  try {
    const stored = readStored(old.body, kv)
    if (stored.kind !== 'stored' && stored.kind !== 'absent') return stored
    const before = stored.kind === 'stored' ? stored : undefined
    const name = at.field ?? field ?? onlyField(before) ?? 'value'
    const exists = before?.fields.has(name) === true
    if (expect === 'absent' ? exists : expect !== 'any' && expect !== before?.meta.version) {
      return { kind: 'conflict' }
    }
    const body = bodyOf(before, name, value, kv)
    try {
      return await write(vault, { path, token, body, kv }, { path: at.path, field: name })
    } finally {
      wipe(body)
    }
  } finally {
    wipe(old.body)
  }
}

async function write(
  vault: Vault,
  { kv, ...question }: Pick<Question, 'path' | 'token' | 'body'> & Pick<Place, 'kv'>,
  at: Location,
): Promise<PutOutcome> {
  const answer = await ask(vault, { ...question, method: 'POST', repeat: false }, [400])
  if (answer.kind !== 'answer') {
    return answer.reason !== undefined && MAY_BE_STORED.has(answer.reason)
      ? { kind: 'unknown' }
      : answer
  }
  try {
    if (answer.status === 400) {
      return answer.body.includes('check-and-set') ? { kind: 'conflict' } : refused
    }
    const version = kv === 1 ? '0' : versionIn(answer.body)
    // It was done, and what was said of it cannot be read.
    return version === undefined ? { kind: 'unknown' } : { kind: 'written', version, at }
  } finally {
    wipe(answer.body)
  }
}

/** Sent, and no word came back of what became of it, or none that can be read. */
const MAY_BE_STORED: ReadonlySet<Reason> = new Set([
  'connection-lost',
  'timeout',
  'server-error',
  'bad-answer',
])
const refused = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

function onlyField(stored: Stored | undefined): string | undefined {
  const [only] = stored?.fields.keys() ?? []
  return stored?.fields.size === 1 ? only : undefined
}

function bodyOf(stored: Stored | undefined, name: string, value: Buffer, kv: 1 | 2): Buffer {
  const parts: Buffer[] = []
  const add = (key: string, text: Buffer): void => {
    parts.push(Buffer.from(`${parts.length === 0 ? '' : ','}${JSON.stringify(key)}:`), text)
  }
  for (const [key, node] of stored?.fields ?? []) {
    if (key !== name) add(key, stored?.bytes.subarray(node.start, node.end) ?? Buffer.alloc(0))
  }
  const own = quote(value)
  add(name, own)
  const cas = `{"options":{"cas":${stored?.version ?? 0}},"data":{`
  const body = concat(
    Buffer.from(kv === 2 ? cas : '{'),
    ...parts,
    Buffer.from(kv === 2 ? '}}' : '}'),
  )
  wipe(own)
  return body
}

/** Version 1 of the engine answers 204 and knows none. */
function versionIn(body: Buffer): string | undefined {
  const result = readJson(body)
  const data =
    'root' in result && result.root.kind === 'object' ? result.root.members.get('data') : undefined
  const version = data?.kind === 'object' ? data.members.get('version') : undefined
  return version?.kind === 'number'
    ? body.toString('latin1', version.start, version.end)
    : undefined
}
