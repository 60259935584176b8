/**
 * `redis`: a second password of one ACL user, which may have several. The old one lives on beside it until
 * it is retired, so nobody loses access.
 *
 * The server is told SHA-256 of a password and never the password: a rotation adds `#hash` and takes
 * `!hash` away (redis.io/docs/latest/commands/acl-setuser). So no command, replica or proxy carries it.
 * Who does it needs `+acl|getuser +acl|setuser +info`, and `+acl|save` or `+config|rewrite`; that is as
 * much as being the master of the server, and so better an `admin` than the user itself.
 *
 * Users are the matter of one node, and are not carried to replicas or to other nodes of a cluster: where
 * the server has any, this driver changes nothing.
 */
import { wipe } from '../../secret/bytes.ts'
import type { Answer, Credential, Driver, DriverContext, Issuer } from '../driver.ts'
import { newPassword } from './database/password.ts'
import { tlsOptions } from './database/tls.ts'
import { accountIn, withAccount, type Form } from './database/url.ts'
import { noUrl } from './database/users.ts'
import { apply, PERSIST, type Persist } from './redis/acl.ts'
import { connected } from './redis/connection.ts'

/** www.iana.org/assignments/uri-schemes, "redis" and "rediss" */
export const REDIS: Form = { protocol: /^rediss?:$/, secure: /^rediss:$/, port: 6379 }

interface Service {
  options: Readonly<Record<string, unknown>>
  persist: Persist
  ctx: DriverContext
}

export const driver: Driver = {
  spec: {
    type: 'redis',
    class: 'slots',
    summary:
      'A second password of one Redis ACL user, beside the old one until that is retired. The ref holds `redis://user:password@host:port`, or `rediss:`. Run: npm install @redis/client.',
    options: {
      type: 'object',
      properties: {
        persist: {
          type: 'string',
          enum: PERSIST,
          default: 'aclfile',
          description:
            'Where the server keeps its users: `aclfile` (ACL SAVE), `config` (CONFIG REWRITE), or `none`, where a restart forgets what was set.',
        },
        ...tlsOptions,
      },
      additionalProperties: false,
    },
  },
  async open(options, ctx): Promise<Issuer> {
    const persist = PERSIST.find((one) => one === options['persist']) ?? 'aclfile'
    const service: Service = { options, persist, ctx }
    return {
      choose: async ({ value }) => {
        const account = accountIn(value, REDIS)
        const by = accountIn(ctx.admin ?? value, REDIS)
        if (account === undefined || by === undefined) return noUrl
        // Who is to set it must be let in: what is begun without that can neither be done nor be undone.
        const trouble = await connected(by, options, ctx, async () => undefined)
        if (trouble !== undefined) return trouble
        const password = newPassword()
        const next = withAccount(value, account.user, password)
        wipe(password)
        return { kind: 'made', value: next }
      },
      set: (next, current) => change('#', next, current, service),
      try: async ({ value }) => {
        const account = accountIn(value, REDIS)
        if (account === undefined) return noUrl
        // That it was let in is all that is asked: a user may be allowed nothing else.
        return connected(account, options, ctx, async () => ({
          kind: 'valid',
          account: account.user,
        }))
      },
      end: async ({ value }, by) => {
        if (value === undefined) return { kind: 'ok' }
        const answer = await change('!', { value }, by, service)
        // Not even itself was let in: it is gone.
        return isRejected(answer) && ctx.admin === undefined ? { kind: 'ok' } : answer
      },
      close: async () => {},
    }
  },
}

/** By the admin, else by `by`, else by the password itself: after a crash it may be the one that is left. */
async function change(
  how: '#' | '!',
  { value }: Credential,
  by: Credential | undefined,
  { options, persist, ctx }: Service,
): Promise<Answer> {
  const about = accountIn(value, REDIS)
  if (about === undefined) return noUrl
  const held = [ctx.admin ?? by?.value, ...(ctx.admin === undefined ? [value] : [])]
  let answer: Answer = noUrl
  for (const one of held) {
    const account = one && accountIn(one, REDIS)
    if (account === undefined) continue
    answer = await connected(account, options, ctx, (ask) => apply(ask, how, about, persist))
    if (!isRejected(answer)) return answer
  }
  return answer
}

function isRejected(answer: Answer): boolean {
  return answer.kind === 'refused' && answer.code === 'CREDENTIAL_REJECTED'
}
