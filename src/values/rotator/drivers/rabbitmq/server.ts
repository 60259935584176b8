/** RabbitMQ, as the driver needs it. */
import { baseUrlOf } from '../../../../targets/destination.ts'
import { wipe } from '../../../secret/bytes.ts'
import type { Answer, DriverContext, Trouble } from '../../driver.ts'
import { noTls } from '../database/tls.ts'
import type { Account, Form } from '../database/url.ts'
import type { Database } from '../database/users.ts'
import { login } from './amqp.ts'
import { hashedAs } from './hash.ts'
import { management, type Api } from './management.ts'

/** rabbitmq.com/docs/uri-spec */
export const RABBITMQ: Form = {
  protocol: /^(?:amqp|http)s?:$/,
  secure: /^amqps:$/,
  port: 5672,
  securePort: 5671,
}

const unfit: Trouble = { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'unfit-user' }
const badAnswer: Trouble = { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

export function rabbitmq(
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
): Omit<Database, 'rightsOf'> {
  const stated = options['management']
  const base = typeof stated === 'string' ? baseUrlOf(stated) : undefined
  const asApi = async <T>(by: Account, use: (api: Api) => Promise<T>): Promise<T | Trouble> =>
    base === undefined ? noTls : management(base, by, options, ctx, use)
  return {
    form: RABBITMQ,
    ...(base && { setAt: placeOf(base) }),
    signIn: async (account) => {
      if (/^amqps?:$/.test(account.protocol)) {
        const answer = await login(account, options, ctx)
        return answer.kind === 'ok' ? { kind: 'signed-in', name: account.user } : answer
      }
      return asApi(account, async (api) => {
        const who = await api('GET', 'whoami')
        if (who.kind === 'absent') return badAnswer
        if (who.kind !== 'answer') return who
        const name = who.said['name']
        return typeof name === 'string' ? { kind: 'signed-in', name } : badAnswer
      })
    },
    alter: (by, wanted) => asApi(by, (api) => alter(api, wanted)),
  }
}

function placeOf({ protocol, hostname, port }: URL): Pick<Account, 'protocol' | 'host' | 'port'> {
  const usual = protocol === 'https:' ? 443 : 80
  return { protocol, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usual }
}

/** What a user is, but for the password, is written with it: so it is read first. */
async function alter(api: Api, { user, password }: Account): Promise<Answer> {
  const path = `users/${encodeURIComponent(user)}`
  const found = await api('GET', path)
  if (found.kind === 'absent') return unfit
  if (found.kind !== 'answer') return found
  const { tags, hashing_algorithm: algorithm } = found.said
  const bytes = Buffer.from(password)
  const hash = hashedAs(algorithm, bytes)
  wipe(bytes)
  if (hash === undefined || tags === undefined) return unfit
  const put = await api('PUT', path, { password_hash: hash, hashing_algorithm: algorithm, tags })
  if (put.kind === 'absent') return unfit
  if (put.kind !== 'answer') return put
  // 201: it was gone meanwhile, and there is one again that may do nothing.
  return put.status === 204 ? { kind: 'ok' } : unfit
}
