/**
 * MySQL and MariaDB, as the two drivers need them, and how a password is set in each:
 *
 * - MariaDB is told the hash of `mysql_native_password`, by `SET PASSWORD`, which also a user without
 *   rights may do for itself. The password is in no statement, and so in no log and in no replica's. A user
 *   of another plugin (ed25519) is refused by the server, and never turned into one of this; so is every
 *   hash where `strict_password_validation` wants to see passwords.
 * - MySQL is told the password itself, by `ALTER USER`, in whatever plugin the user has. The server rewrites
 *   such a statement before it logs it, in its general, slow and binary log alike (dev.mysql.com/doc,
 *   "Passwords and Logging"), but for one started with `--log-raw`. A hash of `caching_sha2_password` could
 *   be set only by who may alter every user.
 *
 * An account is a user and a host (`app@%`): of several with one user name, the one is changed that the
 * server lets in by the ref's own value. Where it lets nobody in by that, the config has to say the host.
 *
 * Sessions that are open stay open.
 */
import { createHash } from 'node:crypto'
import { wipe } from '../../../secret/bytes.ts'
import type { Answer, DriverContext, Trouble } from '../../driver.ts'
import { tlsOptions } from '../database/tls.ts'
import type { Account, Form } from '../database/url.ts'
import type { Database, Seen } from '../database/users.ts'
import { connected, type Ask, type Asked } from './connection.ts'
import { nativeHashOf } from './native.ts'

/** mariadb.com/docs and dev.mysql.com/doc, "Connecting Using URI-Like Strings" */
export const MYSQL: Form = { protocol: /^(?:mysql|mariadb):$/, port: 3306 }

export const mysqlOptions = {
  userHost: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description:
      'The part after the `@` in the name of a user whose password another one sets, as in `app@%`. Left out: that of the account that the ref’s own value is let in as; where it is not let in, nothing is set.',
  },
  ...tlsOptions,
} as const

const WHO = 'SELECT CURRENT_USER() AS name, VERSION() AS version'

export function mysql(
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
): Database {
  const stated = typeof options['userHost'] === 'string' ? options['userHost'] : undefined
  return {
    form: MYSQL,
    unplaced: (seen) => {
      const host = hostFor(seen, stated)
      return typeof host === 'string' ? undefined : host
    },
    signIn: (account) =>
      connected(account, options, ctx, async (ask) => {
        const who = await whoIs(ask)
        return who.kind === 'who' ? { kind: 'signed-in', name: who.name } : who
      }),
    rightsOf: (account) =>
      connected(account, options, ctx, async (ask) => {
        const who = await whoIs(ask)
        if (who.kind !== 'who') return who
        const grants = await ask('SHOW GRANTS')
        if (grants.kind !== 'rows') return grants
        const lines = grants.rows.map((row) => String(Object.values(row)[0]))
        return { kind: 'signed-in', name: who.name, rights: rightsIn(lines, who.name) }
      }),
    alter: async (by, wanted, seen) => {
      const host = seen && hostFor(seen, stated)
      if (typeof host === 'object') return host
      return connected(by, options, ctx, async (ask, quote) => {
        // Else the text of a hash could become the password itself.
        const who = await whoIs(ask)
        if (who.kind !== 'who') return who
        const own = who.name === `${wanted.user}@${host}`
        return alter(ask, quote, who, wanted, own ? undefined : host)
      })
    },
  }
}

interface Who {
  kind: 'who'
  /** `user@host`, as the server has matched it. */
  name: string
  mariadb: boolean
}

async function whoIs(ask: Ask): Promise<Who | Trouble> {
  const answer: Asked = await ask(WHO)
  if (answer.kind !== 'rows') return answer
  const { name, version } = answer.rows[0] ?? {}
  return { kind: 'who', name: String(name), mariadb: /mariadb/i.test(String(version)) }
}

/** @param host of the user; left out: who asks is that user */
async function alter(
  ask: Ask,
  quote: (text: string) => string,
  who: Who,
  wanted: Account,
  host: string | undefined,
): Promise<Answer> {
  const own = host === undefined
  const name = own ? 'USER()' : `${identifier(wanted.user)}@${identifier(host)}`
  if (who.mariadb) {
    const bytes = Buffer.from(wanted.password)
    const hash = nativeHashOf(bytes)
    wipe(bytes)
    return done(await ask(`SET PASSWORD ${own ? '' : `FOR ${name} `}= '${hash}'`))
  }
  // A password that somebody else once chose may hold anything, and how a text is quoted hangs on the mode.
  const mode = await ask("SET SESSION sql_mode = ''")
  if (mode.kind !== 'rows') return mode
  return done(await ask(`ALTER USER ${name} IDENTIFIED BY ${quote(wanted.password)}`))
}

/** Of the account that is to be changed. No host is guessed: one of the same name may be somebody else's. */
function hostFor({ of, like }: Seen, stated: string | undefined): string | Trouble {
  const known = of === undefined ? undefined : hostOf(of)
  if (stated !== undefined && known !== undefined && known !== stated) return elsewhere
  const host = stated ?? known ?? (like === undefined ? undefined : hostOf(like))
  return host ?? unplaced
}

/** Of `user@host`. */
function hostOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1)
}

const elsewhere: Trouble = { kind: 'refused', code: 'CONFIG_INVALID', reason: 'user-elsewhere' }
const unplaced: Trouble = { kind: 'refused', code: 'CONFIG_INVALID', reason: 'user-unplaced' }

function done(answer: Asked): Answer {
  return answer.kind === 'rows' ? { kind: 'ok' } : answer
}

/** Of whatever mode the server is in. */
function identifier(text: string): string {
  return `\`${text.replaceAll('`', '``')}\``
}

/** What is granted, without to whom, and without the hash that MariaDB shows with it. */
function rightsIn(lines: readonly string[], name: string): string {
  const at = name.lastIndexOf('@')
  const whom = `${identifier(name.slice(0, at))}@${identifier(name.slice(at + 1))}`
  const rights = lines.map((line) =>
    line
      .replaceAll(whom, '?')
      .replace(
        / IDENTIFIED (?:BY PASSWORD|(?:VIA|WITH) \S+ (?:USING|AS)) '(?:[^'\\]|\\.|'')*'/,
        '',
      ),
  )
  // Compared and no more: nothing of it has to be read.
  return createHash('sha256').update(rights.toSorted().join('\n')).digest('hex')
}
