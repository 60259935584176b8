/** One harmless call to a service of the catalogue, with a credential that is rotated. */
import type { Asking } from '../../../gateway/rotate/words.ts'
import { CALL_TIMEOUT_MS, type Unreached } from '../../../gateway/verify/words.ts'
import { destinationOf } from '../../../targets/destination.ts'
import { isOfAnother } from '../../../targets/another.ts'
import type { Reason } from '../../providers/contract.ts'
import { ask, type Answer } from '../../verifier/ask.ts'
import { requestOf } from '../../verifier/request.ts'
import type { Trouble } from '../driver.ts'

/** It is not shown to anybody: what it is, it shows itself. */
export const notAKey: Trouble = {
  kind: 'refused',
  code: 'CREDENTIAL_REJECTED',
  reason: 'not-a-key',
}
export const loginDenied: Trouble = {
  kind: 'refused',
  code: 'CREDENTIAL_REJECTED',
  reason: 'login-denied',
}

/**
 * Nothing is changed by the call, so one without an answer was not done.
 *
 * @param wanted whether the body of an answer with this status is to be read
 */
export async function askWith(
  value: Buffer,
  { recipe, service, baseUrl, settings }: Asking,
  wanted: (status: number) => boolean,
  signal: AbortSignal,
): Promise<Answer | Trouble> {
  if (isOfAnother(value.toString('latin1'), service)) return notAKey
  const destination = destinationOf(recipe, baseUrl)
  if (typeof destination === 'string') {
    return { kind: 'unavailable', code: 'CONFIG_INVALID', reason: 'no-address' }
  }
  const values = new Map<string, Uint8Array>([['value', value]])
  for (const [name, text] of Object.entries(settings)) values.set(name, Buffer.from(text))
  const request = requestOf({ recipe }, destination.base, values)
  if (request === 'companion-missing') return { kind: 'unavailable', code: 'CONFIG_INVALID' }
  if (typeof request === 'string') return notAKey
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)])
  const answer = await ask(destination, request, wanted, limited)
  if (!('verdict' in answer)) return answer
  if (answer.verdict === 'cannot-tell') return unclear('bad-answer')
  return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: UNREACHED[answer.reason] }
}

const UNREACHED: Readonly<Record<Unreached, Reason>> = {
  connection: 'connection-lost',
  dns: 'unreachable',
  refused: 'unreachable',
  timeout: 'timeout',
  tls: 'certificate',
}

/** An answer that says nothing of the credential. */
export function unclear(reason: Reason): Trouble {
  return { kind: 'unavailable', code: 'PROVIDER_INVALID', reason }
}

export function unclearBy(status: number): Trouble {
  if (status === 429) return unclear('rate-limited')
  if (status >= 500) return unclear('server-error')
  return unclear(status >= 300 && status < 400 ? 'redirect' : 'bad-answer')
}
