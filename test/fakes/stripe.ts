/**
 * Stripe, as far as two calls tell whether a key works, and whose it is: `GET /v1/balance` and
 * `GET /v1/account`. 401 for a key that does not, with the last characters of that key in the message;
 * 403 for a restricted key without the permission, with the account in it. Follows
 * https://docs.stripe.com/api/errors, https://docs.stripe.com/keys, https://docs.stripe.com/api/balance
 * and https://docs.stripe.com/api/accounts/retrieve.
 */
import { bearerOf, listen, type Fake } from './listen.ts'

export interface StripeKeys {
  /** May be changed while it runs, as a person does in the dashboard. */
  valid?: readonly string[]
  /** Alive, and not allowed to read the balance, or the account. */
  restricted?: readonly string[]
  /** Whose a key is; of all others `acct_1fake`. */
  accounts?: ReadonlyMap<string, string>
  /** What is answered to everything, for as long as it is there. */
  outage?: { status?: number }
}

export function stripe({
  valid = [],
  restricted = [],
  accounts = new Map(),
  outage = {},
}: StripeKeys): Promise<Fake> {
  return listen((request, response) => {
    const key = bearerOf(request)
    const account = accounts.get(key) ?? 'acct_1fake'
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const wrong = (status: number, message: string): void => {
      send(status, { error: { message, type: 'invalid_request_error' } })
    }
    const isBalance = request.url === '/v1/balance'
    if (outage.status !== undefined) {
      wrong(outage.status, 'An error occurred.')
    } else if (request.method !== 'GET' || (!isBalance && request.url !== '/v1/account')) {
      wrong(404, `Unrecognized request URL (${request.method}: ${request.url}).`)
    } else if (valid.includes(key)) {
      const balance = { object: 'balance', available: [{ amount: 0, currency: 'eur' }] }
      send(200, isBalance ? { ...balance, livemode: false } : { id: account, object: 'account' })
    } else if (restricted.includes(key)) {
      const begin = `The provided key '${key.slice(0, 8)}*********' does not have the required permissions`
      wrong(403, `${begin} for this endpoint on account '${account}'.`)
    } else {
      wrong(401, `Invalid API Key provided: ${key.slice(0, 8)}*********${key.slice(-4)}`)
    }
  })
}
