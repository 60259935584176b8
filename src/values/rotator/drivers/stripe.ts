/**
 * `stripe`: a key that a person has made in Stripe's dashboard (https://dashboard.stripe.com/apikeys):
 * Stripe's public API has no resource for keys. It is tried by `GET /v1/account`
 * (https://docs.stripe.com/api/accounts/retrieve), which says whose it is; a restricted key that may not
 * read that is told so by a 403, and the message names the account.
 */
import type { Asking } from '../../../gateway/rotate/words.ts'
import { copy } from '../../secret/bytes.ts'
import { readJson } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'
import type { Driver, Issuer, Made, Tried, Trouble } from '../driver.ts'
import { askWith, loginDenied, notAKey, unclear, unclearBy } from '../service/ask.ts'

/** https://docs.stripe.com/keys; publishable keys (`pk_`) are no secret, and open nothing. */
const FORM = /^(sk|rk)_(live|test)_[A-Za-z0-9]{10,247}$/
const ACCOUNT = /^acct_[A-Za-z0-9]{1,64}$/
/** Letters and digits, so that no other part of a message can be taken for it. */
const IN_MESSAGE = /\bon account '(acct_[A-Za-z0-9]{1,64})'/

export const driver: Driver = {
  spec: {
    type: 'stripe',
    class: 'issued',
    guided: true,
    targets: ['stripe-secret-key', 'stripe-restricted-key'],
    summary: 'A secret or restricted key of Stripe, made by a person in its dashboard.',
    options: { type: 'object', properties: {}, additionalProperties: false },
  },
  async open(_, { signal, asking }): Promise<Issuer> {
    const about: Asking = { ...CALL, ...(asking?.baseUrl && { baseUrl: asking.baseUrl }) }
    return {
      create: async (_tag, current, brought): Promise<Made> => {
        if (brought === undefined) return { kind: 'unavailable', code: 'INTERNAL' }
        return misfit(current.value, brought) ?? { kind: 'made', value: copy(brought) }
      },
      try: ({ value }) => tried(value, about, signal),
      close: async () => {},
    }
  },
}

const CALL: Asking = {
  recipe: {
    method: 'GET',
    host: 'api.stripe.com',
    path: '/v1/account',
    headers: { authorization: 'Bearer {value}' },
    rules: [],
    confidence: 'seen',
  },
  // The form has been looked at: what has it is not another service's.
  service: {
    kind: 'stripe-secret-key',
    kinds: ['stripe-secret-key', 'stripe-restricted-key'],
    literals: [],
  },
  settings: {},
}

/** Why it cannot take the place of the current one; told by the two alone. */
function misfit(current: Buffer, brought: Buffer): Trouble | undefined {
  const next = formOf(brought)
  if (next === undefined) return notAKey
  const before = formOf(current)
  // Whatever it is, it is no key: there is nothing to be the same as.
  if (before === undefined) return undefined
  if (before.mode !== next.mode) return { ...notAKey, reason: 'another-mode' }
  return before.kind === 'rk' && next.kind === 'sk'
    ? { ...notAKey, reason: 'unrestricted' }
    : undefined
}

function formOf(value: Buffer): { kind: string; mode: string } | undefined {
  const [, kind, mode] = FORM.exec(value.toString('latin1')) ?? []
  return kind === undefined || mode === undefined ? undefined : { kind, mode }
}

async function tried(value: Buffer, about: Asking, signal: AbortSignal): Promise<Tried> {
  if (formOf(value) === undefined) return notAKey
  const answer = await askWith(value, about, (status) => status === 200 || status === 403, signal)
  if ('kind' in answer) return answer
  const { status, body } = answer
  if (status === 401) return loginDenied
  if (status !== 200 && status !== 403) return unclearBy(status)
  if (!Buffer.isBuffer(body)) return unclear('bad-answer')
  const account = status === 200 ? accountIn(body) : accountInError(body)
  if (account !== undefined) return { kind: 'valid', account }
  // A 403 is of a key that lives; a 200 that names nobody is no answer of Stripe's.
  return status === 403 ? { kind: 'valid' } : unclear('bad-answer')
}

function accountIn(body: Buffer): string | undefined {
  const id = wordsAt(body, ['id'])
  return id !== undefined && ACCOUNT.test(id) ? id : undefined
}

function accountInError(body: Buffer): string | undefined {
  return IN_MESSAGE.exec(wordsAt(body, ['error', 'message']) ?? '')?.[1]
}

function wordsAt(body: Buffer, path: readonly string[]): string | undefined {
  const result = readJson(body)
  let node = 'root' in result ? result.root : undefined
  for (const step of path) node = node?.kind === 'object' ? node.members.get(step) : undefined
  return node?.kind === 'string' ? textOf(body, node).toString() : undefined
}
