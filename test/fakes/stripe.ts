/**
 * Stripe, as far as one call tells whether a key works: `GET /v1/balance`. 401 for a key that does not,
 * with the last characters of that key in the message; 403 for a restricted key without the permission.
 * Follows https://docs.stripe.com/api/errors, https://docs.stripe.com/keys and
 * https://docs.stripe.com/api/balance.
 */
import { bearerOf, listen, type Fake } from './listen.ts'

export interface StripeKeys {
  valid?: readonly string[]
  /** Alive, and not allowed to read the balance. */
  restricted?: readonly string[]
}

export function stripe({ valid = [], restricted = [] }: StripeKeys): Promise<Fake> {
  return listen((request, response) => {
    const key = bearerOf(request)
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const wrong = (status: number, message: string): void => {
      send(status, { error: { message, type: 'invalid_request_error' } })
    }
    if (request.method !== 'GET' || request.url !== '/v1/balance') {
      wrong(404, `Unrecognized request URL (${request.method}: ${request.url}).`)
    } else if (valid.includes(key)) {
      send(200, { object: 'balance', available: [{ amount: 0, currency: 'eur' }], livemode: false })
    } else if (restricted.includes(key)) {
      wrong(
        403,
        `The provided key '${key.slice(0, 8)}*********' does not have the required permissions`,
      )
    } else {
      wrong(401, `Invalid API Key provided: ${key.slice(0, 8)}*********${key.slice(-4)}`)
    }
  })
}
