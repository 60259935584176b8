/**
 * Version 1 of what a rotating program is told and answers. A value that is not UTF-8 stands as `base64`.
 *
 *   → {"protocol": 1, "step": "create", "tag": "…", "current": {"value": "…", "id": "…"}, "admin": {…}}
 *   ← {"value": "…", "id": "…"}          choose, create
 *   ← {"account": "…"}                   try
 *   ← {"ids": ["…"]}                     marked
 *   ← {}                                 set, end
 *   ← {"error": "refused"}               a final no, with "reason": "not-a-key" where that can be seen;
 *                                        "unavailable": it was not done; "unknown": it may be;
 *                                        "waiting": for somebody, and no failure; "unlisted": to marked
 */
import { isUtf8 } from 'node:buffer'
import { decodeBase64, encodeBase64 } from '../../../secret/base64.ts'
import { concat, wipe } from '../../../secret/bytes.ts'
import { readJson, type JsonNode } from '../../../secret/json.ts'
import { quote, textOf } from '../../../secret/json-text.ts'
import type { ProgramStep } from '../../../../rotation/program.ts'
import type { Credential, Trouble } from '../../driver.ts'

export interface About {
  tag?: string
  current?: Partial<Credential>
  next?: Credential
  /** By which the service is asked, where a config names one. */
  admin?: Pick<Credential, 'value'>
}

export type Answered =
  | {
      kind: 'answer'
      value?: Buffer
      id?: string
      account?: string
      ids?: readonly string[]
      /** The service cannot say what it has made. */
      unlisted?: true
    }
  | Trouble

const ID = /^[A-Za-z0-9._:/-]{1,128}$/
const MAX_IDS = 1000

/** In own memory, which the caller wipes. */
export function requestOf(step: ProgramStep, { tag, current, next, admin }: About): Buffer {
  const parts: Buffer[] = [Buffer.from(`{"protocol":1,"step":"${step}"`)]
  if (tag !== undefined) parts.push(Buffer.from(`,"tag":${JSON.stringify(tag)}`))
  for (const [name, credential] of Object.entries({ current, next, admin })) {
    if (credential !== undefined)
      parts.push(Buffer.from(`,"${name}":`), ...textOfCredential(credential))
  }
  parts.push(Buffer.from('}\n'))
  const whole = concat(...parts)
  wipe(...parts)
  return whole
}

function textOfCredential({ value, id }: Partial<Credential>): Buffer[] {
  const parts: Buffer[] = [Buffer.from('{')]
  if (id !== undefined) parts.push(Buffer.from(`"id":${JSON.stringify(id)}`))
  if (id !== undefined && value !== undefined) parts.push(Buffer.from(','))
  if (value !== undefined && isUtf8(value)) parts.push(Buffer.from('"value":'), quote(value))
  else if (value !== undefined) {
    parts.push(Buffer.from('"base64":"'), encodeBase64(value), Buffer.from('"'))
  }
  parts.push(Buffer.from('}'))
  return parts
}

/** @param bytes the caller's, who wipes them; a value in the answer is in memory of its own */
export function answerOf(bytes: Buffer): Answered {
  const result = readJson(bytes)
  const members =
    'root' in result && result.root.kind === 'object' ? result.root.members : undefined
  if (members === undefined) return unclear
  const text = (name: string): string | undefined => words(bytes, members.get(name))
  if (members.has('error')) return errorOf(text('error'), text('reason'))
  const id = text('id')
  if (members.has('id') && (id === undefined || !ID.test(id))) return unclear
  const listed = members.get('ids')
  const ids = listed?.kind === 'array' ? listed.items.map((node) => words(bytes, node)) : undefined
  if (ids !== undefined && (ids.length > MAX_IDS || !ids.every(isId))) return unclear
  const account = text('account')
  const value = valueIn(bytes, members)
  return {
    kind: 'answer',
    ...(value === undefined ? {} : { value }),
    ...(id === undefined ? {} : { id }),
    ...(account === undefined ? {} : { account }),
    ...(ids === undefined ? {} : { ids: ids.filter(isId) }),
  }
}

function errorOf(error: string | undefined, reason: string | undefined): Answered {
  const denied = { kind: 'refused', code: 'CREDENTIAL_REJECTED' } as const
  if (error === 'refused') return reason === 'not-a-key' ? { ...denied, reason } : denied
  if (error === 'unavailable') return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE' }
  if (error === 'unknown') return { kind: 'unknown', code: 'PROVIDER_UNAVAILABLE' }
  if (error === 'waiting') return { kind: 'waiting', code: 'PROVIDER_UNAVAILABLE' }
  return error === 'unlisted' ? { kind: 'answer', unlisted: true } : unclear
}

const unclear: Trouble = { kind: 'unknown', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

function isId(id: string | undefined): id is string {
  return id !== undefined && ID.test(id)
}

function valueIn(bytes: Buffer, members: ReadonlyMap<string, JsonNode>): Buffer | undefined {
  const plain = members.get('value')
  if (plain?.kind === 'string') return textOf(bytes, plain)
  const encoded = members.get('base64')
  if (encoded?.kind !== 'string') return undefined
  const text = textOf(bytes, encoded)
  const value = decodeBase64(text)
  wipe(text)
  return value
}

/** For what is no value. */
function words(bytes: Buffer, node: JsonNode | undefined): string | undefined {
  return node?.kind === 'string' ? textOf(bytes, node).toString() : undefined
}
