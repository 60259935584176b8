/** How a session comes to its token. */
import { concat, copy, wipe } from '../../secret/bytes.ts'
import { readJson } from '../../secret/json.ts'
import { quote, textOf } from '../../secret/json-text.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { ask, type Vault } from './call.ts'
import type { Auth } from './options.ts'

export type Login = { token: Buffer } | Failure

/** RFC 9110's visible characters: anything else would break the header that carries it. */
const HEADER_VALUE = /^[\x21-\x7e]{1,16384}$/

/** Logs in, or takes the token that there is. The token is the caller's, who wipes it. */
export async function login(vault: Vault, auth: Auth): Promise<Login> {
  if (auth.method === 'token') return checked(copy(auth.token))
  const fields = fieldsOf(auth)
  const body = jsonOf(fields)
  const path = `auth/${auth.mount.split('/').map(encodeURIComponent).join('/')}/login`
  // Not repeated: a secret id may be good for one login only.
  const answer = await ask(vault, { method: 'POST', path, body, repeat: auth.method !== 'approle' })
  wipe(body)
  if (answer.kind !== 'answer') {
    // 400: "invalid role or secret ID". Whatever it is, this login is refused.
    const refused = answer.kind === 'malformed' && answer.reason === 'bad-answer'
    return refused || answer.kind === 'absent' || answer.kind === 'denied' ? denied : answer
  }
  try {
    return tokenIn(answer.body)
  } finally {
    wipe(answer.body)
  }
}

const denied: Failure = final('denied', 'PROVIDER_DENIED', 'login-denied')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

function fieldsOf(auth: Exclude<Auth, { method: 'token' }>): Map<string, Buffer> {
  const fields = new Map<string, Buffer>()
  if (auth.method === 'approle') {
    fields.set('role_id', auth.roleId)
    if (auth.secretId !== undefined) fields.set('secret_id', auth.secretId)
  } else if (auth.method === 'cert') {
    if (auth.role !== undefined) fields.set('name', Buffer.from(auth.role))
  } else {
    fields.set('role', Buffer.from(auth.role)).set('jwt', auth.jwt)
  }
  return fields
}

function jsonOf(fields: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [Buffer.from('{')]
  for (const [name, value] of fields) {
    parts.push(Buffer.from(`${parts.length === 1 ? '' : ','}"${name}":`), quote(value))
  }
  parts.push(Buffer.from('}'))
  const body = concat(...parts)
  wipe(...parts)
  return body
}

function tokenIn(body: Buffer): Login {
  const result = readJson(body)
  const root = 'root' in result ? result.root : undefined
  const auth = root?.kind === 'object' ? root.members.get('auth') : undefined
  const token = auth?.kind === 'object' ? auth.members.get('client_token') : undefined
  return token?.kind === 'string' ? checked(textOf(body, token)) : badAnswer
}

function checked(token: Buffer): Login {
  if (HEADER_VALUE.test(token.toString('latin1'))) return { token }
  return final('malformed', 'PROVIDER_INVALID', 'no-credentials')
}
