/** What rotates in the same way in every database: the password of one user, or of two in turn. */
import { isLoopback } from '../../../../targets/destination.ts'
import { wipe } from '../../../secret/bytes.ts'
import type { JsonSchema } from '../../../providers/contract.ts'
import type { Answer, Credential, DriverContext, Issuer, Trouble } from '../../driver.ts'
import { newPassword } from './password.ts'
import { accountIn, withAccount, type Account, type Form } from './url.ts'

/** One kind of database. Each call connects, asks and leaves. */
export interface Database {
  form: Form
  /** Where a user's name alone does not say which account it is: why what was seen does not say it either. */
  unplaced?(seen: Seen): Trouble | undefined
  /** Where passwords are set; left out: where the one who sets them signs in. */
  setAt?: Pick<Account, 'protocol' | 'host' | 'port'>
  /** Whether it can be set just as it was; left out: any can. */
  restores?(password: string): boolean
  /** Signs in, and says as whom. */
  signIn(account: Account): Promise<SignedIn | Trouble>
  /** Signs in, and says what this user may do, so that two can be told to have the same rights. */
  rightsOf(account: Account): Promise<(SignedIn & { rights: string }) | Trouble>
  /**
   * Sets the password of `wanted.user` to `wanted.password`.
   *
   * @param seen what `signIn` has said of that user, else of one that is like it; left out: who acts is that user
   */
  alter(by: Account, wanted: Account, seen?: Seen): Promise<Answer>
}

/** Where users are rotated one by one, nobody has to compare two of them. */
type SingleUsers = Omit<Database, 'rightsOf'>

export interface SignedIn {
  kind: 'signed-in'
  /** As the server itself names whom it has let in. */
  name: string
}

/** Names of the server's own; `of`: the user's, where it could be let in. */
export interface Seen {
  of?: string
  like?: string
}

/** The server's library, an optional peer; explained with the line that installs it. */
export const notInstalled: Trouble = {
  kind: 'refused',
  code: 'PROVIDER_UNSUPPORTED',
  reason: 'sdk-missing',
}
export const noUrl: Trouble = { kind: 'refused', code: 'SECRET_MALFORMED', reason: 'bad-answer' }
/** What was begun could not be undone. */
const unfit: Trouble = { kind: 'refused', code: 'SECRET_MALFORMED', reason: 'unfit-password' }
/** Whoever acts would change itself, and could not act the next time. */
const itself: Trouble = { kind: 'refused', code: 'CONFIG_INVALID', reason: 'admin-itself' }

/** A user of the same name may be another server's, and somebody else's. */
const adminElsewhere: Trouble = {
  kind: 'refused',
  code: 'CONFIG_INVALID',
  reason: 'admin-elsewhere',
}

/** What control takes for the service's own name of a credential. */
const ID = /^[A-Za-z0-9._:/-]{1,128}$/

/** Class `chosen`. */
export function oneUser(database: SingleUsers, ctx: Pick<DriverContext, 'admin'>): Issuer {
  const { form } = database
  return {
    users: ({ value }) => usersOf(accountIn(value, form)),
    choose: async ({ value }) => {
      const account = accountIn(value, form)
      if (account === undefined) return noUrl
      if (database.restores?.(account.password) === false) return unfit
      return (await whyNot(database, account, ctx)) ?? made(value, account.user)
    },
    set: (next, current) => setPassword(database, next, current, ctx),
    try: async ({ value }) => {
      const account = accountIn(value, form)
      if (account === undefined) return noUrl
      const answer = await database.signIn(account)
      return answer.kind === 'signed-in' ? { kind: 'valid', account: answer.name } : answer
    },
    close: async () => {},
  }
}

/** The option `users`. @param maxLength of a user's name there */
export function usersOption(maxLength: number): JsonSchema {
  return {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength },
    minItems: 2,
    maxItems: 2,
    description: 'Both, in any order.',
  }
}

/** Class `slots`. @param option what `usersOption` describes */
export function twoUsers(
  database: Database,
  option: unknown,
  ctx: Pick<DriverContext, 'admin'>,
): Issuer {
  const { form } = database
  const users: readonly unknown[] = Array.isArray(option) ? option : []
  return {
    users: ({ value }) => usersOf(accountIn(value, form), users.map(String)),
    choose: async ({ value }) => {
      const account = accountIn(value, form)
      const used = account?.user
      const idle = users.find((user) => user !== used)
      // Neither of the two: the ref is another's, and so would the new value be.
      if (account === undefined || !users.includes(used) || typeof idle !== 'string') return noUrl
      const trouble = await whyNot(database, account, ctx, [account.user, idle])
      if (trouble !== undefined) return trouble
      return { ...made(value, idle), ...(ID.test(idle) ? { id: idle } : {}) }
    },
    set: (next, current) => setPassword(database, next, current, ctx),
    try: async ({ value }) => {
      const account = accountIn(value, form)
      if (account === undefined || !users.includes(account.user)) return noUrl
      const answer = await database.rightsOf(account)
      return answer.kind === 'signed-in' ? { kind: 'valid', account: answer.rights } : answer
    },
    /** Of one user one password lives. */
    same: (one, other) => {
      const [user, otherUser] = [accountIn(one, form)?.user, accountIn(other, form)?.user]
      return user === undefined || otherUser === undefined || user === otherUser
    },
    /** Its password goes; the user stays, for the next time. */
    end: async ({ value }) => {
      if (value === undefined) return { kind: 'ok' }
      const account = accountIn(value, form)
      if (account === undefined) return noUrl
      if (await isEnded(database, account, ctx)) return { kind: 'ok' }
      // One that nobody has: as good as none, and no special case for the one who sets it.
      const password = newPassword()
      const nobodys = withAccount(value, account.user, password)
      try {
        const answer = await setPassword(database, { value: nobodys }, { value }, ctx)
        // It cannot sign in any more: it has been done already. Of an admin that says nothing of it.
        const done =
          ctx.admin === undefined && answer.kind === 'refused' && answer.reason === 'login-denied'
        return done ? { kind: 'ok' } : answer
      } finally {
        wipe(password, nobodys)
      }
    },
    close: async () => {},
  }
}

/**
 * Who is to set it must be let in: what is begun without that can neither be done nor be undone.
 *
 * @param users that are changed in turn, of whom none may be the admin
 */
async function whyNot(
  database: SingleUsers,
  current: Account,
  ctx: Pick<DriverContext, 'admin'>,
  users: readonly string[] = [],
): Promise<Trouble | undefined> {
  const by = ctx.admin === undefined ? current : accountIn(ctx.admin, database.form)
  if (by === undefined) return noUrl
  const answer = await database.signIn(by)
  if (answer.kind !== 'signed-in') return answer
  if (ctx.admin === undefined) return undefined
  if (users.includes(by.user)) return itself
  if (by.user === current.user) {
    // One of the same name may be another account, where the server says so.
    const own = await database.signIn(current)
    if (own.kind !== 'signed-in' || own.name === answer.name) return itself
  }
  const elsewhere = await isElsewhere(database, current, by)
  if (elsewhere !== undefined) return elsewhere
  const idle = users.find((user) => user !== current.user)
  const seen = await seenOf(database, { ...current, user: idle ?? current.user }, current, ctx)
  return seen.kind === 'seen' ? undefined : seen
}

/**
 * Where passwords are set is not where the ref points, so that nobody can tell by their names that both are one
 * server: then the ref's own value must be let in there. A user whom that server refuses for another reason
 * has given no wrong password.
 */
async function isElsewhere(
  database: SingleUsers,
  current: Account,
  by: Account,
): Promise<Trouble | undefined> {
  const { user, password } = current
  const there: Account = { ...by, ...database.setAt, user, password }
  if (serverOf(there).join(' ') === serverOf(current).join(' ')) return undefined
  const answer = await database.signIn(there)
  if (answer.kind === 'signed-in') return undefined
  if (answer.kind !== 'refused') return answer
  return answer.code === 'CREDENTIAL_REJECTED' ? adminElsewhere : undefined
}

/** As whoever else names them would. @param users of it, in turn */
function usersOf(account: Account | undefined, users?: readonly string[]): string[] {
  if (account === undefined) return []
  return (users ?? [account.user]).map((user) => JSON.stringify([...serverOf(account), user]))
}

/** This machine has several names. */
function serverOf({ host, port }: Account): [host: string, port: number] {
  const name = host.toLowerCase()
  return [isLoopback(name) ? 'localhost' : name, port]
}

function made(value: Buffer, user: string): { kind: 'made' } & Credential {
  const password = newPassword()
  const next = withAccount(value, user, password)
  wipe(password)
  return { kind: 'made', value: next }
}

/**
 * By the admin, else by whoever of the two can sign in: after a crash it may be the new one already. Sets
 * the password of the user that `next` names.
 */
async function setPassword(
  database: SingleUsers,
  next: Credential,
  current: Credential,
  ctx: Pick<DriverContext, 'admin'>,
): Promise<Answer> {
  const wanted = accountIn(next.value, database.form)
  const before = accountIn(current.value, database.form)
  const held = ctx.admin === undefined ? before : accountIn(ctx.admin, database.form)
  if (wanted === undefined || before === undefined || held === undefined) return noUrl
  const seen = await seenOf(database, wanted, before, ctx)
  const first = seen.kind === 'seen' ? await database.alter(held, wanted, seen.as) : seen
  if (first.kind !== 'refused' || ctx.admin !== undefined) return first
  const second = await database.signIn(wanted)
  return second.kind === 'signed-in' ? { kind: 'ok' } : first
}

/**
 * Whom the server lets in by the values that there are: exactly that account is to be changed. One whose
 * values open nothing may be another's: it is changed only where the config says which it is.
 *
 * @returns `as` is left out where nobody has to be told
 */
async function seenOf(
  database: SingleUsers,
  wanted: Account,
  current: Account,
  ctx: Pick<DriverContext, 'admin'>,
): Promise<{ kind: 'seen'; as?: Seen } | Trouble> {
  const same = current.user === wanted.user
  // Of who acts for itself the server knows best.
  if (database.unplaced === undefined || (same && ctx.admin === undefined)) return { kind: 'seen' }
  let answer = await database.signIn(current)
  // It may be set already: the answer was lost.
  if (answer.kind !== 'signed-in' && same) answer = await database.signIn(wanted)
  if (answer.kind !== 'signed-in') {
    // Whatever else it is, no answer about the account, or one to whoever would act by it, stays what it is.
    if (ctx.admin === undefined || !isNotLetIn(answer)) return answer
    return database.unplaced({}) ?? { kind: 'seen', as: {} }
  }
  const as: Seen = same ? { of: answer.name } : { like: answer.name }
  return database.unplaced(as) ?? { kind: 'seen', as }
}

function isNotLetIn({ kind, code }: Trouble): boolean {
  return kind === 'refused' && (code === 'CREDENTIAL_REJECTED' || code === 'PROVIDER_DENIED')
}

/**
 * Where its name does not say which account it is, one whose password opens nothing any more cannot be
 * found, and has been ended. Who acts for itself finds that out by doing it.
 */
async function isEnded(
  database: SingleUsers,
  account: Account,
  ctx: Pick<DriverContext, 'admin'>,
): Promise<boolean> {
  if (ctx.admin === undefined || database.unplaced?.({}) === undefined) return false
  const answer = await database.signIn(account)
  return answer.kind === 'refused' && answer.code === 'CREDENTIAL_REJECTED'
}
