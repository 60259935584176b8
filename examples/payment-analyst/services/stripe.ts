/**
 * A stand-in for Stripe on 127.0.0.1: the list of charges, and nothing else. Written from Stripe's public
 * API reference; where that gives no wording, from answers of the service that are published.
 *
 * - authentication: https://docs.stripe.com/api/authentication
 * - errors: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes
 * - lists: https://docs.stripe.com/api/pagination and https://docs.stripe.com/api/charges/list
 * - `Request-Id` in every answer: https://docs.stripe.com/api/request_ids
 * - `Stripe-Version`: https://docs.stripe.com/api/versioning
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { madeUpCharges, type StripeCharge } from './charges.ts'
import { verdictOn, type Accepted } from './keys.ts'
import { serve, type Report } from './serve.ts'

interface Answer {
  status: number
  body: unknown
}

const PARAMETERS = new Set(['limit', 'starting_after', 'created[gte]', 'created[lte]'])

export function stripeListener(
  accepted: Accepted,
  charges: readonly StripeCharge[],
  report: Report = () => undefined,
): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const answer =
      refusal(accepted, request) ??
      (request.method === 'GET' && url.pathname === '/v1/charges'
        ? listOf(charges, url.searchParams)
        : noSuchUrl(request.method ?? '', url.pathname))
    request.resume()
    const version = request.headers['stripe-version']
    response.writeHead(answer.status, {
      'Content-Type': 'application/json',
      'Request-Id': `req_${randomBytes(7).toString('hex')}`,
      ...(typeof version === 'string' ? { 'Stripe-Version': version } : {}),
      // RFC 9110, 11.6.1: a 401 names a scheme; Stripe's is Basic with the key as the user.
      ...(answer.status === 401 ? { 'WWW-Authenticate': 'Basic realm="Stripe"' } : {}),
    })
    response.end(JSON.stringify(answer.body, undefined, 2))
    report({
      event: 'request',
      method: request.method ?? '',
      path: url.pathname,
      status: answer.status,
    })
  }
}

/** The key is asked for on every call, before the path is looked at. */
function refusal(accepted: Accepted, request: IncomingMessage): Answer | undefined {
  const key = keyIn(request.headers.authorization)
  if (key === undefined)
    return invalid(401, {
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
    })
  const verdict = verdictOn(accepted, key)
  if (verdict === 'valid') return undefined
  if (verdict === 'expired')
    return invalid(401, {
      code: 'api_key_expired',
      doc_url: 'https://stripe.com/docs/error-codes/api-key-expired',
      message: `Expired API Key provided: ${redacted(key)}`,
    })
  return invalid(401, { message: `Invalid API Key provided: ${redacted(key)}` })
}

/** `Bearer KEY`, or `Basic` with the key as the user and no password. */
function keyIn(header: string | undefined): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+)$/i.exec(header ?? '') ?? []
  if (scheme === undefined || credentials === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return credentials
  return Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] || undefined
}

/** Stripe shows the kind and the last four: https://github.com/stripe/stripe-node/issues/361 */
function redacted(key: string): string {
  const shown = key.length > 12 ? 8 : 0
  return key.slice(0, shown) + '*'.repeat(Math.max(0, key.length - shown - 4)) + key.slice(-4)
}

function listOf(charges: readonly StripeCharge[], query: URLSearchParams): Answer {
  for (const name of query.keys())
    if (!PARAMETERS.has(name))
      return invalid(400, {
        code: 'parameter_unknown',
        doc_url: 'https://stripe.com/docs/error-codes/parameter-unknown',
        message: `Received unknown parameter: ${name}`,
        param: name,
      })

  const limit = integerIn(query, 'limit', 10)
  const from = integerIn(query, 'created[gte]', 0)
  const until = integerIn(query, 'created[lte]', Number.MAX_SAFE_INTEGER)
  for (const number of [limit, from, until]) if (typeof number === 'object') return number
  if (Number(limit) < 1) return notAnInteger('limit', GREATER)
  if (Number(limit) > 100) return notAnInteger('limit', LESS)

  const after = query.get('starting_after')
  // The cursor may lie outside the range that `created` asks for, so it is looked up among all.
  const cursor = after === null ? -1 : charges.findIndex((charge) => charge.id === after)
  if (after !== null && cursor === -1)
    return invalid(400, {
      code: 'resource_missing',
      doc_url: 'https://stripe.com/docs/error-codes/resource-missing',
      message: `No such charge: '${after}'`,
      param: 'starting_after',
    })
  const rest = charges
    .slice(cursor + 1)
    .filter(({ created }) => created >= Number(from) && created <= Number(until))
  return {
    status: 200,
    body: {
      object: 'list',
      data: rest.slice(0, Number(limit)),
      has_more: rest.length > Number(limit),
      url: '/v1/charges',
    },
  }
}

const GREATER = 'This value must be greater than or equal to 1.'
const LESS = 'This value must be less than or equal to 100.'

function integerIn(query: URLSearchParams, name: string, otherwise: number): number | Answer {
  const text = query.get(name)
  if (text === null) return otherwise
  return /^-?\d{1,15}$/.test(text) ? Number(text) : notAnInteger(name, `Invalid integer: ${text}`)
}

function notAnInteger(param: string, message: string): Answer {
  return invalid(400, {
    code: 'parameter_invalid_integer',
    doc_url: 'https://stripe.com/docs/error-codes/parameter-invalid-integer',
    message,
    param,
  })
}

function noSuchUrl(method: string, path: string): Answer {
  return invalid(404, {
    message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  })
}

function invalid(status: number, error: Readonly<Record<string, string>>): Answer {
  return { status, body: { error: { ...error, type: 'invalid_request_error' } } }
}

if (import.meta.main) {
  const { charges } = madeUpCharges(new Date())
  await serve((accepted, report) => stripeListener(accepted, charges, report))
}
