/** PostgreSQL, as the two drivers need it. */
import { wipe } from '../../../secret/bytes.ts'
import type { Answer, DriverContext } from '../../driver.ts'
import type { Account, Form } from '../database/url.ts'
import type { Database } from '../database/users.ts'
import { ask } from './connection.ts'
import { isPrepared, verifierOf } from './scram.ts'

/** postgresql.org/docs/current/libpq-connect.html, "Connection URIs" */
export const POSTGRES: Form = { protocol: /^postgres(?:ql)?:$/, port: 5432 }

/** The roles whose rights a user has, and what was granted to it directly. */
const RIGHTS = `SELECT session_user AS name,
    coalesce(string_agg(g.rolname, ',' ORDER BY g.rolname), '') AS roles,
    (SELECT coalesce(string_agg(concat_ws(':', table_schema, table_name, privilege_type), ','
       ORDER BY table_schema, table_name, privilege_type), '')
     FROM information_schema.role_table_grants WHERE grantee = session_user) AS grants
  FROM pg_roles u LEFT JOIN pg_auth_members m ON m.member = u.oid
  LEFT JOIN pg_roles g ON g.oid = m.roleid WHERE u.rolname = session_user`

export function postgres(
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
): Database {
  return {
    form: POSTGRES,
    restores: isPrepared,
    signIn: async (account) => {
      const answer = await ask(account, options, 'SELECT session_user AS name', ctx)
      return answer.kind === 'rows'
        ? { kind: 'signed-in', name: String(answer.rows[0]?.['name']) }
        : answer
    },
    rightsOf: async (account) => {
      const answer = await ask(account, options, RIGHTS, ctx)
      if (answer.kind !== 'rows') return answer
      const { name, roles, grants } = answer.rows[0] ?? {}
      const rights = `${String(roles)} ${String(grants)}`
      return { kind: 'signed-in', name: String(name), rights }
    },
    alter: (by, wanted) => alter(by, wanted, options, ctx),
  }
}

async function alter(
  by: Account,
  { user, password }: Account,
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
): Promise<Answer> {
  const bytes = Buffer.from(password)
  const verifier = verifierOf(bytes)
  wipe(bytes)
  // A utility statement takes no parameters. A verifier has no quote in it; a name is quoted as SQL does.
  const sql = `ALTER ROLE "${user.replaceAll('"', '""')}" PASSWORD '${verifier}'`
  const answer = await ask(by, options, sql, ctx)
  return answer.kind === 'rows' ? { kind: 'ok' } : answer
}
