/** Questions to IAM and STS, each signed with one access key, by AWS's own SDK, an optional peer. */
import type { IAMClient } from '@aws-sdk/client-iam'
import type { STSClient } from '@aws-sdk/client-sts'
import { ask, change, connect, type Connection } from '../../../providers/aws/connection.ts'
import { readOptions } from '../../../providers/aws/options.ts'
import type { Context, Failure } from '../../../providers/contract.ts'
import type { Answer, DriverContext, Tried, Trouble } from '../../driver.ts'
import type { AccessKey } from './key.ts'

type Iam = Connection<typeof import('@aws-sdk/client-iam'), IAMClient>
type Sts = Connection<typeof import('@aws-sdk/client-sts'), STSClient>

export interface Listed {
  id: string
  createdAt: Date | undefined
}

/** For one question, and those it takes to ask it again. */
export const TIMEOUT_MS = 10_000
/** IAM is the same in all of a partition; its own region, and one where STS answers, in the common one. */
const REGION = 'us-east-1'

/** STS's word for a key that it does not know, that was deleted, or that is inactive. */
const REJECTED = 'InvalidClientTokenId'
const CAPPED = 'LimitExceededException'

const rejected: Trouble = {
  kind: 'refused',
  code: 'CREDENTIAL_REJECTED',
  reason: 'login-denied',
}
/** There are as many as there may be. */
export const capped: Trouble = { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'key-cap' }
/** It may be done. */
export const unclear: Trouble = { kind: 'unknown', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

/** One user's access keys; without the option `user`: of whomever the key that asks belongs to. */
export class Keys {
  readonly #options: Readonly<Record<string, unknown>>
  readonly #ctx: DriverContext
  readonly #who: { UserName?: string }

  constructor(options: Readonly<Record<string, unknown>>, ctx: DriverContext) {
    this.#options = options
    this.#ctx = ctx
    const { user } = options
    this.#who = typeof user === 'string' ? { UserName: user } : {}
  }

  list(by: AccessKey): Promise<{ kind: 'keys'; keys: readonly Listed[] } | Trouble> {
    return this.#iam(by, async (iam) => {
      const command = new iam.sdk.ListAccessKeysCommand(this.#who)
      const answer = await ask(iam, () => iam.client.send(command))
      if (answer.kind !== 'answer') return troubleOf(answer)
      const keys = (answer.output.AccessKeyMetadata ?? []).map(({ AccessKeyId, CreateDate }) => ({
        id: AccessKeyId ?? '',
        createdAt: CreateDate,
      }))
      return { kind: 'keys', keys }
    })
  }

  /** Sent once. A third key is refused by IAM itself: two a user, and no more on request (IAM quotas). */
  create(by: AccessKey): Promise<{ kind: 'key'; key: AccessKey } | Trouble> {
    return this.#iam(by, async (iam) => {
      const command = new iam.sdk.CreateAccessKeyCommand(this.#who)
      const answer = await change(iam, () => iam.client.send(command), CAPPED, true)
      if (answer.kind === 'conflict') return capped
      if (answer.kind === 'unknown') return unclear
      if (answer.kind !== 'answer') return troubleOf(answer)
      const { AccessKeyId, SecretAccessKey } = answer.output.AccessKey ?? {}
      // It was made, and nobody knows it.
      if (AccessKeyId === undefined || SecretAccessKey === undefined) return unclear
      return { kind: 'key', key: { id: AccessKeyId, secret: SecretAccessKey } }
    })
  }

  /** `used`, also where that cannot be told. AWS itself may learn of a use some hours late. */
  lastUsed(by: AccessKey, id: string): Promise<{ kind: 'never' } | { kind: 'used' } | Trouble> {
    return this.#iam(by, async (iam) => {
      const command = new iam.sdk.GetAccessKeyLastUsedCommand({ AccessKeyId: id })
      const answer = await ask(iam, () => iam.client.send(command))
      if (answer.kind === 'unavailable') return troubleOf(answer)
      const used = answer.kind === 'answer' ? answer.output.AccessKeyLastUsed : undefined
      const never = used !== undefined && used.LastUsedDate === undefined
      return never ? { kind: 'never' } : { kind: 'used' }
    })
  }

  /** Inactive first: what is still signed with it fails at once, and not only when it is gone. */
  end(by: AccessKey, id: string): Promise<Answer> {
    return this.#iam(by, async (iam) => {
      const key = { ...this.#who, AccessKeyId: id }
      const off = new iam.sdk.UpdateAccessKeyCommand({ ...key, Status: 'Inactive' })
      const inactive = await ask(iam, () => iam.client.send(off))
      if (inactive.kind === 'absent') return { kind: 'ok' }
      if (inactive.kind !== 'answer') return troubleOf(inactive)
      const command = new iam.sdk.DeleteAccessKeyCommand(key)
      const deleted = await ask(iam, () => iam.client.send(command))
      return deleted.kind === 'answer' || deleted.kind === 'absent' ? ok : troubleOf(deleted)
    })
  }

  /** Whose it is: every key may ask that, whatever its user is forbidden. */
  async identity(key: AccessKey): Promise<Tried> {
    const sts = await connect(this.#aws(), this.#context(), loadSts, (sdk, settings) => {
      return new sdk.STSClient({ ...settings, credentials: signedBy(key) })
    })
    if (sts.kind !== 'connection') return troubleOf(sts)
    try {
      const command = new sts.sdk.GetCallerIdentityCommand({})
      const answer = await change(sts, () => sts.client.send(command), REJECTED)
      if (answer.kind === 'conflict') return rejected
      // Nothing was changed by asking.
      if (answer.kind === 'unknown') return unanswered
      if (answer.kind !== 'answer') return troubleOf(answer)
      const { UserId = '', Arn = '' } = answer.output
      return UserId === '' ? unanswered : { kind: 'valid', account: `${UserId} ${Arn}` }
    } finally {
      sts.client.destroy()
    }
  }

  async #iam<T>(by: AccessKey, work: (iam: Iam) => Promise<T>): Promise<T | Trouble> {
    const iam = await connect(this.#aws(), this.#context(), loadIam, (sdk, settings) => {
      return new sdk.IAMClient({ ...settings, credentials: signedBy(by) })
    })
    if (iam.kind !== 'connection') return troubleOf(iam)
    try {
      return await work(iam)
    } finally {
      iam.client.destroy()
    }
  }

  #aws(): ReturnType<typeof readOptions> {
    return readOptions({ region: REGION, timeoutMs: TIMEOUT_MS, ...this.#options })
  }

  /** No variables: who acts, and where, is said by the config and by the values alone. */
  #context(): Context {
    const ctx = this.#ctx
    const now = (): Date => ctx.now()
    return { name: 'aws-iam', signal: ctx.signal, now, spend: () => true, env: new Map() }
  }
}

function loadIam(): Promise<Iam['sdk']> {
  return import('@aws-sdk/client-iam')
}

function loadSts(): Promise<Sts['sdk']> {
  return import('@aws-sdk/client-sts')
}

const ok: Answer = { kind: 'ok' }
const unanswered: Trouble = {
  kind: 'unavailable',
  code: 'PROVIDER_UNAVAILABLE',
  reason: 'server-error',
}

function signedBy({ id, secret }: AccessKey): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: id, secretAccessKey: secret }
}

function troubleOf({ kind, code, reason }: Failure): Trouble {
  const what = kind === 'unavailable' ? 'unavailable' : 'refused'
  return { kind: what, code, ...(reason === undefined ? {} : { reason }) }
}
