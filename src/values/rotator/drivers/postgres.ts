/**
 * `postgres`: the password of one user. From the moment that it is set, the one before is dead; whoever
 * must not notice takes `postgres-users`.
 */
import { wipe } from '../../secret/bytes.ts'
import type { Answer, Credential, Driver, DriverContext, Issuer, Trouble } from '../driver.ts'
import { ask, type Tls } from './postgres/connection.ts'
import { connectionOptions, tlsOf } from './postgres/options.ts'
import { verifierOf } from './postgres/scram.ts'
import { accountIn, newPassword, withAccount, type Account } from './postgres/value.ts'

export const driver: Driver = {
  spec: {
    type: 'postgres',
    class: 'chosen',
    summary: 'The password of one PostgreSQL user; the ref holds a URL.',
    options: { type: 'object', properties: connectionOptions, additionalProperties: false },
  },
  async open(options, ctx): Promise<Issuer> {
    const tls = await tlsOf(options)
    return {
      choose: async ({ value }) => {
        const account = accountIn(value)
        if (account === undefined) return noUrl
        const password = newPassword()
        const next = withAccount(value, account.user, password)
        wipe(password)
        return { kind: 'made', value: next }
      },
      set: (next, current) => setPassword(next, current, tls, ctx),
      try: async ({ value }) => {
        const account = accountIn(value)
        if (account === undefined) return noUrl
        const answer = await ask(account, tls, 'SELECT session_user AS name', ctx)
        if (answer.kind !== 'rows') return answer
        return { kind: 'valid', account: String(answer.rows[0]?.['name']) }
      },
      close: async () => {},
    }
  },
}

export const noUrl: Trouble = { kind: 'refused', code: 'SECRET_MALFORMED' }

/**
 * By the admin, else by whoever of the two can sign in: after a crash it may be the new one already. Sets
 * the password of the user that `next` names.
 */
export async function setPassword(
  next: Credential,
  current: Credential,
  tls: Tls,
  ctx: DriverContext,
): Promise<Answer> {
  const wanted = accountIn(next.value)
  const held = accountIn(ctx.admin ?? current.value)
  if (wanted === undefined || held === undefined) return noUrl
  const first = await alter(held, wanted, tls, ctx)
  if (first.kind !== 'refused' || ctx.admin !== undefined) return first
  const second = await ask(wanted, tls, 'SELECT 1', ctx)
  return second.kind === 'rows' ? { kind: 'ok' } : first
}

async function alter(
  by: Account,
  { user, password }: Account,
  tls: Tls,
  ctx: DriverContext,
): Promise<Answer> {
  const bytes = Buffer.from(password)
  const verifier = verifierOf(bytes)
  wipe(bytes)
  // A utility statement takes no parameters. A verifier has no quote in it; a name is quoted as SQL does.
  const sql = `ALTER ROLE "${user.replaceAll('"', '""')}" PASSWORD '${verifier}'`
  const answer = await ask(by, tls, sql, ctx)
  return answer.kind === 'rows' ? { kind: 'ok' } : answer
}
