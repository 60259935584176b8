/**
 * `postgres-users`: two users with the same rights, of which one is used. The idle one gets a new password
 * and becomes the used one; the other keeps working until it is retired, so nobody loses access.
 */
import { wipe } from '../../secret/bytes.ts'
import type { Driver, Issuer } from '../driver.ts'
import { noUrl, setPassword } from './postgres.ts'
import { ask } from './postgres/connection.ts'
import { connectionOptions, tlsOf } from './postgres/options.ts'
import { accountIn, newPassword, withAccount } from './postgres/value.ts'

/** The roles whose rights a user has, so that two users can be told to have the same. */
const RIGHTS = `SELECT session_user AS name, coalesce(string_agg(g.rolname, ',' ORDER BY g.rolname), '') AS roles
  FROM pg_roles u LEFT JOIN pg_auth_members m ON m.member = u.oid
  LEFT JOIN pg_roles g ON g.oid = m.roleid WHERE u.rolname = session_user`

export const driver: Driver = {
  spec: {
    type: 'postgres-users',
    class: 'slots',
    summary: 'Two PostgreSQL users with the same rights, used in turn; the ref holds a URL.',
    options: {
      type: 'object',
      properties: {
        users: {
          type: 'array',
          items: { type: 'string', minLength: 1, maxLength: 63 },
          minItems: 2,
          maxItems: 2,
          description: 'Both, in any order.',
        },
        ...connectionOptions,
      },
      required: ['users'],
      additionalProperties: false,
    },
  },
  async open(options, ctx): Promise<Issuer> {
    const tls = await tlsOf(options)
    const users: readonly unknown[] = Array.isArray(options['users']) ? options['users'] : []
    return {
      choose: async ({ value }) => {
        const used = accountIn(value)?.user
        const idle = users.find((user) => user !== used)
        // Neither of the two: the ref is another's, and so would the new value be.
        if (used === undefined || !users.includes(used) || typeof idle !== 'string') return noUrl
        const password = newPassword()
        const next = withAccount(value, idle, password)
        wipe(password)
        return { kind: 'made', value: next, id: idle }
      },
      set: (next, current) => setPassword(next, current, tls, ctx),
      try: async ({ value }) => {
        const account = accountIn(value)
        if (account === undefined) return noUrl
        const answer = await ask(account, tls, RIGHTS, ctx)
        if (answer.kind !== 'rows') return answer
        const [row] = answer.rows
        const ours = users.includes(row?.['name'])
        return ours ? { kind: 'valid', account: String(row?.['roles']) } : noUrl
      },
      /** Its password goes; the user stays, for the next time. */
      end: async ({ value }) => {
        if (value === undefined) return { kind: 'ok' }
        const password = newPassword()
        const account = accountIn(value)
        if (account === undefined) return noUrl
        // One that nobody has: as good as none, and no special case for the one who sets it.
        const nobodys = withAccount(value, account.user, password)
        wipe(password)
        try {
          const answer = await setPassword({ value: nobodys }, { value }, tls, ctx)
          // It cannot sign in any more: it has been done already.
          return answer.kind === 'refused' && answer.reason === 'login-denied'
            ? { kind: 'ok' }
            : answer
        } finally {
          wipe(nobodys)
        }
      },
      close: async () => {},
    }
  },
}
