/**
 * What an error of AWS's SDK means. Its name and its status are looked at, never its message, which may
 * quote what was asked or stored. Names: each operation's "Errors" in the API references of Secrets
 * Manager, Systems Manager, IAM and STS, and their "Common Errors".
 */
import type { Trouble } from '../../http/request.ts'
import { final, timedOut, unavailable } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'

const denied = final('denied', 'PROVIDER_DENIED', 'not-permitted')
const loginDenied = final('denied', 'PROVIDER_DENIED', 'login-denied')
const absent = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
const badName = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

const BY_NAME: ReadonlyMap<string, Failure> = new Map([
  ...named(denied, 'AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation'),
  // What the key of KMS refuses, the caller may not read.
  ...named(denied, 'DecryptionFailure', 'EncryptionFailure', 'InvalidKeyId'),
  ...named(loginDenied, 'UnrecognizedClientException', 'InvalidClientTokenId'),
  ...named(loginDenied, 'InvalidSignatureException', 'SignatureDoesNotMatch'),
  ...named(loginDenied, 'IncompleteSignature', 'IncompleteSignatureException'),
  ...named(loginDenied, 'MissingAuthenticationToken', 'MissingAuthenticationTokenException'),
  ...named(loginDenied, 'ExpiredToken', 'ExpiredTokenException', 'RequestExpired'),
  ...named(absent, 'NoSuchEntityException', 'NoSuchEntity'),
  ...named(absent, 'ResourceNotFoundException', 'ParameterNotFound', 'ParameterVersionNotFound'),
  // Marked for deletion: there is nothing to be read any more.
  ...named(absent, 'InvalidRequestException'),
  ...named(badName, 'ValidationException', 'ValidationError', 'InvalidParameterException'),
])

/** The words of every AWS service for "too often", whatever their status. */
const THROTTLED =
  /^(?:(?:KMS)?Throttl|TooManyRequests|TooManyUpdates|RequestLimitExceeded|RequestThrottled|SlowDown|ProvisionedThroughputExceeded)/

function named(failure: Failure, ...names: string[]): [string, Failure][] {
  return names.map((name) => [name, failure])
}

/** One error code, as AWS names it: of a whole call, or of one item in a batch. */
export function failureOfName(name: string): Failure {
  if (THROTTLED.test(name)) return unavailable('rate-limited')
  if (name.startsWith('KMS')) return denied
  if (name.startsWith('Internal') || name.startsWith('ServiceUnavailable')) {
    return unavailable('server-error')
  }
  return BY_NAME.get(name) ?? badAnswer
}

/** What a call was ended by. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TransportError) return error.failure
  const { name, status, retryAfterMs } = told(error)
  if (status === 429 || THROTTLED.test(name)) {
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
    return { kind: 'unavailable', code: 'PROVIDER_UNAVAILABLE', reason: 'rate-limited', ...wait }
  }
  if (status >= 500) return unavailable('server-error')
  if (status >= 300 && status < 400) return unavailable('redirect')
  const known = failureOfName(name)
  return known === badAnswer && (status === 401 || status === 403) ? denied : known
}

/** Why signing in failed: everything that was answered is a refusal, whatever it was called. */
export function loginFailureOf(error: unknown): Failure {
  const failure = failureOf(error)
  if (failure.kind === 'unavailable' || failure.reason === 'certificate') return failure
  // Without a status nobody was asked: there is nothing in any place where the SDK looks.
  return told(error).status === 0 ? noCredentials : loginDenied
}

const noCredentials = final('malformed', 'PROVIDER_INVALID', 'no-credentials')

/** Thrown by our transport, through the SDK, to ourselves. */
export class TransportError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super('the call did not come to an answer')
    this.failure = failure
  }
}

export const BY_TROUBLE: Readonly<Record<Trouble, Failure>> = {
  refused: unavailable('unreachable'),
  // The time was up, and nobody had taken the call.
  unsent: unavailable('unreachable', undefined, 'TIMEOUT'),
  broken: unavailable('connection-lost'),
  timeout: timedOut,
  // Somebody else answers in AWS's place, or the CA is the wrong one: a person has to look.
  certificate: final('malformed', 'PROVIDER_INVALID', 'certificate'),
  'too-large': badAnswer,
}

/** 0 where there was no answer. */
export function statusOf(error: unknown): number {
  return told(error).status
}

interface Told {
  name: string
  /** 0 where there was no answer. */
  status: number
  retryAfterMs: number | undefined
}

function told(error: unknown): Told {
  const name = error instanceof Error ? error.name : ''
  const status = at(at(error, '$metadata'), 'httpStatusCode')
  const after = at(at(at(error, '$response'), 'headers'), 'retry-after')
  const seconds = typeof after === 'string' && /^\d{1,5}$/.test(after) ? Number(after) : undefined
  return {
    name,
    status: typeof status === 'number' ? status : 0,
    retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
