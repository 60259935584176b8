/**
 * One question to Vault, asked again a bounded number of times while it cannot answer, and what a status
 * means. Statuses: developer.hashicorp.com/vault/api-docs#http-status-codes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, Client, Reply, Trouble } from '../../http/request.ts'
import { wipe } from '../../secret/bytes.ts'
import { final, timedOut, unavailable } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'

const MAX_BYTES = 4 * 1024 * 1024
const ATTEMPTS = 3
/** Before the second attempt; three times that before the third. Half of it is chance. */
const PAUSE_MS = 150

export type Answer = { kind: 'answer'; status: number; body: Buffer } | Failure

export interface Vault {
  client: Client
  address: URL
  namespace: string | undefined
  /** `signal` ends this one piece of work, at the latest at `endsAt` of `performance.now()`. */
  ctx: Pick<Context, 'signal' | 'spend'> & { endsAt: number }
  skipVerify: boolean
}

export interface Question {
  method: Call['method']
  /** Below `/v1/`; each part already percent-encoded. */
  path: string
  token?: Buffer | undefined
  body?: Buffer | undefined
  /** False, or `if-not-done`, for what must not be done twice. */
  repeat: boolean | 'if-not-done'
}

/** Answers of 200 and 204, and of statuses in `also`, are the caller's, who wipes the body. */
export async function ask(
  vault: Vault,
  question: Question,
  also: readonly number[] = [],
): Promise<Answer> {
  const { signal, endsAt } = vault.ctx
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) return timedOut
    if (!vault.ctx.spend(1)) return unavailable('budget')
    const reply = await vault.client.send(callOf(vault, question))
    if (reply.kind === 'answer' && [200, 204, ...also].includes(reply.status)) return reply
    const failure = failureOf(reply, vault)
    if (reply.kind === 'answer') wipe(reply.body)
    if (failure.kind !== 'unavailable' || attempt === ATTEMPTS) return failure
    if (question.repeat === 'if-not-done' ? !isUndone(failure) : !question.repeat) return failure
    const pause = failure.retryAfterMs ?? 3 ** (attempt - 1) * PAUSE_MS * (0.5 + Math.random() / 2)
    // A pause that the deadline would end is not begun: why Vault did not answer says more than "timeout".
    if (performance.now() + pause >= endsAt || !(await paused(pause, signal))) return failure
  }
}

/** It was not sent, or Vault answered that it does nothing now. */
function isUndone({ reason }: Failure): boolean {
  return reason === 'unreachable' || reason === 'sealed' || reason === 'rate-limited'
}

async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    // The signal, and nothing else, ends it early.
    return false
  }
}

function callOf(vault: Vault, { method, path, token, body }: Question): Call {
  const { address, namespace, ctx } = vault
  return {
    method,
    url: new URL(`${address.pathname.replace(/\/+$/, '')}/v1/${path}`, address.origin),
    headers: {
      // Vault's agents and proxies refuse what a browser could be tricked into sending.
      'x-vault-request': 'true',
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      ...(token === undefined ? {} : { 'x-vault-token': token.toString('latin1') }),
    },
    ...(body === undefined ? {} : { body }),
    signal: ctx.signal,
    maxBytes: MAX_BYTES,
  }
}

function failureOf(reply: Reply, { skipVerify }: Vault): Failure {
  if (reply.kind === 'trouble') {
    return reply.trouble === 'certificate' && skipVerify
      ? verifiedAllTheSame
      : TROUBLE[reply.trouble]
  }
  const { status, retryAfter } = reply
  if (status === 404) return final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
  if (status === 401 || status === 403) return final('denied', 'PROVIDER_DENIED', 'not-permitted')
  if (status === 429) {
    const seconds = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined
    const wait = seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }
    return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'rate-limited', ...wait }
  }
  if (status === 503) return unavailable('sealed')
  // 412: this node has not seen a write yet. 472, 473: a standby of another cluster.
  if (status >= 500 || status === 412 || status === 472 || status === 473) {
    return unavailable('server-error')
  }
  // A standby that does not forward. Never followed: the token goes to the host in the config alone.
  if (status >= 300 && status < 400) return unavailable('redirect')
  return final('malformed', 'PROVIDER_INVALID', 'bad-answer')
}

const TROUBLE: Readonly<Record<Trouble, Failure>> = {
  refused: unavailable('unreachable'),
  broken: unavailable('connection-lost'),
  unsent: unavailable('unreachable', undefined, 'TIMEOUT'),
  timeout: timedOut,
  // Somebody else answers in Vault's place, or the CA is the wrong one: a person has to look.
  certificate: final('malformed', 'PROVIDER_INVALID', 'certificate'),
  'too-large': final('malformed', 'PROVIDER_INVALID', 'bad-answer'),
}

/** VAULT_SKIP_VERIFY is not honoured: whoever answers there would be given the token. */
const verifiedAllTheSame: Failure = final('malformed', 'PROVIDER_INVALID', 'skip-verify')
