/** How a session comes to its token. */
import { copy, wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { bytesIn, member, rootOf, secondsIn } from './answer.ts'
import { bodyOf } from './body.ts'
import { ask, type Vault } from './call.ts'
import type { Auth } from './options.ts'
import { unwrap } from './unwrap.ts'

/** `seconds`: how long the token lives from now on; 0 where it has no end; left out where nobody said. */
export type Login = { token: Buffer; seconds?: number } | Failure

/** RFC 9110's visible characters: anything else would break the header that carries it. */
const HEADER_VALUE = /^[\x21-\x7e]{1,16384}$/

/** Logs in, or takes the token that there is. The token is the caller's, who wipes it. */
export async function login(vault: Vault, auth: Auth): Promise<Login> {
  if (auth.method === 'token') return checked(copy(auth.token))
  if (auth.method === 'approle' && auth.wrapped && auth.secretId !== undefined) {
    const secretId = await unwrap(vault, auth.secretId, auth)
    // 404: nothing of Vault's is there. Of the refs nobody has been asked yet.
    if (!Buffer.isBuffer(secretId)) return secretId.kind === 'absent' ? denied : secretId
    // Its wrapping is gone for good: a login that is tried again needs what was in it.
    wipe(auth.secretId)
    Object.assign(auth, { secretId, wrapped: false })
  }
  const body = bodyOf(fieldsOf(auth))
  const path = `auth/${auth.mount.split('/').map(encodeURIComponent).join('/')}/login`
  // A secret id may be good for one login only.
  const repeat = auth.method === 'approle' ? 'if-not-done' : true
  const answer = await ask(vault, { method: 'POST', path, body, repeat }, [400])
  wipe(body)
  if (answer.kind !== 'answer') {
    return answer.kind === 'absent' || answer.kind === 'denied' ? denied : answer
  }
  try {
    // "invalid role or secret ID". Whatever it is, this login is refused.
    if (answer.status === 400) return denied
    const issued = member(rootOf(answer.body), 'auth')
    const token = bytesIn(answer.body, member(issued, 'client_token'))
    return token === undefined
      ? badAnswer
      : checked(token, secondsIn(answer.body, member(issued, 'lease_duration')))
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

function checked(token: Buffer, seconds?: number): Login {
  if (!HEADER_VALUE.test(token.toString('latin1'))) {
    wipe(token)
    return final('malformed', 'PROVIDER_INVALID', 'no-credentials')
  }
  return seconds === undefined ? { token } : { token, seconds }
}
