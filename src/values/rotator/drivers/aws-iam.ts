/**
 * `aws-iam`: the access key of one IAM user. A new one is made beside the old, which is made inactive and
 * deleted when it is retired (docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html,
 * "Updating access keys").
 *
 * A user has two keys at most, and keys carry no marks. So what was there is noted before one is made. A key
 * counts as left behind by a lost answer where all of this holds: a creation of ours was sent and is without
 * an answer, nothing that it made is kept, it is the only key that was not there before, it was made while
 * ours was under way, and it was never used. Of any other it is not known whose it is: a person decides.
 */
import { ENDPOINT } from '../../../config/names.ts'
import type {
  Before,
  Credential,
  Driver,
  DriverContext,
  Issuer,
  Made,
  Marked,
  Trouble,
} from '../driver.ts'
import { capped, Keys, TIMEOUT_MS, unclear, type Listed } from './aws/iam.ts'
import { keyIn, withKey, type AccessKey } from './aws/key.ts'

/** Of one user (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
const MOST_KEYS = 2
/** By how much our clock and AWS's may differ; where they differ by more, a person has to look. */
const SKEW_MS = 60_000

export const driver: Driver = {
  spec: {
    type: 'aws-iam',
    class: 'issued',
    summary:
      'The access key of an AWS IAM user (npm install @aws-sdk/client-iam @aws-sdk/client-sts); the ref holds `{"AccessKeyId": …, "SecretAccessKey": …}` or the lines of one profile of a credentials file.',
    options: {
      type: 'object',
      properties: {
        user: {
          type: 'string',
          pattern: '^[A-Za-z0-9+=,.@_-]{1,64}$',
          description:
            'The name of the IAM user. Needed where another key acts, as "admin"; left out: the user whose key acts.',
        },
        region: {
          type: 'string',
          minLength: 1,
          default: 'us-east-1',
          description:
            'A region of the partition that the user is in: it decides which IAM and which STS are asked.',
        },
        endpoint: {
          type: 'string',
          pattern: ENDPOINT.source,
          description:
            'Where IAM and STS answer, both: https, or http on this machine. Left out: AWS’s own.',
        },
        timeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 120_000,
          default: TIMEOUT_MS,
          description: 'Milliseconds for one question, and for asking it again.',
        },
      },
      additionalProperties: false,
    },
  },
  open: async (options, ctx) => issuerOf(new Keys(options, ctx), options, ctx),
}

function issuerOf(
  keys: Keys,
  options: Readonly<Record<string, unknown>>,
  { admin }: DriverContext,
): Issuer {
  const { timeoutMs } = options
  const takes = typeof timeoutMs === 'number' ? timeoutMs : TIMEOUT_MS
  /** While our question for one was under way, or a little before or after. */
  const madeThen = ({ createdAt }: Listed, { at }: Before): boolean => {
    const after = (createdAt?.getTime() ?? 0) - at.getTime()
    return after > -SKEW_MS && after < takes + SKEW_MS
  }
  const acting = (by: Credential | undefined): AccessKey | undefined => {
    const value = admin ?? by?.value
    return value && keyIn(value)
  }
  return {
    survey: async (current) => {
      const by = acting(current)
      const key = keyIn(current.value)
      if (by === undefined || key === undefined) return noKey
      const listed = await keys.list(by)
      if (listed.kind !== 'keys') return listed
      const ids = listed.keys.map(({ id }) => id)
      // Whoever acts would make a key for another user than the one whose key this is.
      if (!ids.includes(key.id)) return elsewhere
      return ids.length >= MOST_KEYS ? capped : { kind: 'ids', ids }
    },
    create: async (_tag, current): Promise<Made> => {
      const by = acting(current)
      if (by === undefined || keyIn(current.value) === undefined) return noKey
      const made = await keys.create(by)
      if (made.kind !== 'key') return made
      const value = withKey(current.value, made.key)
      // It was made, and nobody knows it.
      return value === undefined ? unclear : { kind: 'made', value, id: made.key.id }
    },
    marked: async (_tag, { current, staged, before, open }) => {
      // Without a note nothing was sent, and so nothing can be lost; nor where each answer came.
      if (before === undefined || (!open && staged === undefined)) return none
      const by = acting(current)
      if (by === undefined) return noKey
      const listed = await keys.list(by)
      if (listed.kind !== 'keys') return listed
      const known = new Set([...before.ids, staged])
      const [one, ...more] = listed.keys.filter(({ id }) => !known.has(id))
      if (one === undefined) return none
      // Ours is kept, or may be any of them.
      if (staged !== undefined || more.length > 0 || !madeThen(one, before)) return unknown
      const used = await keys.lastUsed(by, one.id)
      if (used.kind === 'used') return unknown
      return used.kind === 'never' ? { kind: 'ids', ids: [one.id] } : used
    },
    try: async ({ value }) => {
      const key = keyIn(value)
      return key === undefined ? noKey : keys.identity(key)
    },
    same: (one, other) => {
      const [id, otherId] = [keyIn(one)?.id, keyIn(other)?.id]
      return id === undefined || otherId === undefined || id === otherId
    },
    end: async ({ id, value }, by) => {
      const which = id ?? (value && keyIn(value)?.id)
      const who = acting(by)
      return which === undefined || who === undefined ? noKey : keys.end(who, which)
    },
    close: async () => {},
  }
}

const none: Marked = { kind: 'ids', ids: [] }
const unknown: Marked = { kind: 'unlisted', reason: 'key-unknown' }
const noKey: Trouble = { kind: 'refused', code: 'SECRET_MALFORMED', reason: 'no-access-key' }
const elsewhere: Trouble = { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'key-elsewhere' }
