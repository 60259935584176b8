/**
 * Leases, and the tokens they hang on: when the token that made a lease ends, Vault revokes the lease,
 * however often it was renewed. So a lease carries its token, and a renewal renews both: there is no other
 * login to keep alive for it.
 * developer.hashicorp.com/vault/api-docs/system/leases, …/auth/token.
 */
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, LeaseOutcome } from '../contract.ts'
import { member, rootOf, secondsIn } from './answer.ts'
import { bodyOf } from './body.ts'
import { ask, type Answer, type Vault } from './call.ts'

type Place = Pick<Vault, 'address' | 'namespace'>

/** With where it was made: its token goes to no other server, whatever the config says by then. */
export function packLease({ address, namespace = '' }: Place, id: string, token: Buffer): string {
  // A lease id may have a space in it; the others have none.
  const words = [id, token.toString('latin1'), address.href, `/${encodeURIComponent(namespace)}`]
  return words.join(' ')
}

function unpack(place: Place, lease: string): { id: Buffer; token: Buffer } | Failure {
  const match = /^(.+) ([\x21-\x7e]+) (\S+) \/(\S*)$/su.exec(lease)
  if (match === null) return notALease
  const [, id = '', token = '', address, namespace] = match
  const here =
    address === place.address.href && namespace === encodeURIComponent(place.namespace ?? '')
  return here ? { id: Buffer.from(id), token: Buffer.from(token, 'latin1') } : elsewhere
}

const elsewhere: Failure = final('denied', 'PROVIDER_DENIED', 'not-permitted')
const notALease: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

/** Asks for `seconds` more; the engine gives what its role allows. Its token first, which outlives it. */
export async function renewLease(
  vault: Vault,
  lease: string,
  seconds: number,
): Promise<LeaseOutcome> {
  const held = unpack(vault, lease)
  if ('kind' in held) return held
  const { id, token } = held
  const own = await renewToken(vault, token)
  // The lease would get no answer either.
  if (own.kind === 'unavailable') return own
  const life = own.kind === 'ok' ? own.seconds : await tokenLife(vault, token)
  const body = bodyOf(
    new Map<string, Buffer | number>([
      ['lease_id', id],
      ['increment', Math.ceil(seconds)],
    ]),
  )
  const question = { method: 'PUT', path: 'sys/leases/renew', token, body, repeat: true } as const
  const answer = await ask(vault, question, [400])
  wipe(body, id, token)
  if (answer.kind !== 'answer') return answer
  try {
    if (answer.status === 400) return isGone(answer.body) ? { kind: 'gone' } : badAnswer
    const stated = secondsIn(answer.body, member(rootOf(answer.body), 'lease_duration'))
    if (stated === undefined) return badAnswer
    return { kind: 'ok', seconds: Math.min(stated, life ?? stated) }
  } finally {
    wipe(answer.body)
  }
}

/** Waits until the engine has taken the credential back. */
export async function revokeLease(vault: Vault, lease: string): Promise<LeaseOutcome> {
  const held = unpack(vault, lease)
  if ('kind' in held) return held
  const { id, token } = held
  const body = bodyOf(
    new Map<string, Buffer | true>([
      ['lease_id', id],
      ['sync', true],
    ]),
  )
  const question = { method: 'PUT', path: 'sys/leases/revoke', token, body, repeat: true } as const
  const answer = await ask(vault, question, [400])
  wipe(body, id, token)
  if (answer.kind !== 'answer') return answer
  const gone = answer.status === 400 && isGone(answer.body)
  // 204; or 200 with a warning in it. Anything else is no word that it was revoked.
  const done = answer.status === 204 || member(rootOf(answer.body), 'request_id') !== undefined
  wipe(answer.body)
  if (answer.status === 400) return gone ? { kind: 'gone' } : badAnswer
  return done ? { kind: 'ok' } : badAnswer
}

function isGone(body: Buffer): boolean {
  return body.includes('lease not found') || body.includes('lease expired')
}

/** `gone` where it is of a kind that cannot be renewed. @returns seconds only where it has an end */
async function renewToken(vault: Vault, token: Buffer): Promise<LeaseOutcome> {
  const body = bodyOf(new Map())
  const question = {
    method: 'POST',
    path: 'auth/token/renew-self',
    token,
    body,
    repeat: true,
  } as const
  const answer = await ask(vault, question, [400])
  if (answer.kind === 'answer' && answer.status === 400) {
    wipe(answer.body)
    return { kind: 'gone' }
  }
  return lifeIn(answer, 'auth', 'lease_duration')
}

/** Seconds that the token has; `undefined` where it has no end, or its policy does not let it look. */
export async function tokenLife(vault: Vault, token: Buffer): Promise<number | undefined> {
  const question = { method: 'GET', path: 'auth/token/lookup-self', token, repeat: true } as const
  const life = lifeIn(await ask(vault, question), 'data', 'ttl')
  return life.kind === 'ok' ? life.seconds : undefined
}

function lifeIn(answer: Answer, part: 'auth' | 'data', name: string): LeaseOutcome {
  if (answer.kind !== 'answer') return answer
  const seconds = secondsIn(answer.body, member(member(rootOf(answer.body), part), name))
  wipe(answer.body)
  if (seconds === undefined) return badAnswer
  // A root token, for one.
  return seconds === 0 ? { kind: 'ok' } : { kind: 'ok', seconds }
}
