/**
 * Writes to the Parameter Store. It compares only whether a parameter is there at all (Overwrite:
 * false). An expected version is held against the one that is there just before; who writes between
 * those two calls is overwritten, though kept in the parameter's history, and the answer's own number
 * then tells us: `unknown`. It knows no pending versions and no ids of operations: a repeat makes
 * another version, and a version that was is never the newest again.
 */
import { isUtf8 } from 'node:buffer'
import type { Stage } from '../../../gateway/keep/words.ts'
import { copy, wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, History, Location, PutOptions, PutOutcome } from '../contract.ts'
import { ask, change } from './connection.ts'
import { hasValue, restored, withValue } from './document.ts'
import {
  isArn,
  readBatch,
  readPinned,
  type ParameterMetadata,
  type ParameterStore,
} from './parameter.ts'

/** Of an advanced parameter, and of one that is none: which one a new one becomes is the account's setting. */
const MAX_BYTES = 8192
const STANDARD_BYTES = 4096
/** The service keeps 100 versions. */
const MAX_PAGES = 10

const absent = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
const badName = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const tooLarge = final('malformed', 'SECRET_TOO_LARGE', 'too-large')
const badAnswer = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

export async function putParameter(
  aws: ParameterStore,
  at: Location,
  value: Buffer,
  { expect, stage }: PutOptions,
  now: Date,
): Promise<PutOutcome> {
  if (stage === 'pending') return final('malformed', 'UNSUPPORTED', 'no-stages')
  if (!isUtf8(value)) return final('malformed', 'SECRET_MALFORMED', 'not-utf8')
  return replaced(aws, at, expect, (old) => withValue(old, at.field, value, now))
}

/**
 * Stores anew what the version `to` held, where `from` is the newest: a version of this service never
 * becomes another's successor again. Of one key in a parameter that is JSON the others stay as they are.
 */
export async function promoteParameter(
  aws: ParameterStore,
  at: Location,
  from: string,
  to: string,
  now: Date,
): Promise<PutOutcome> {
  const then = await readPinned(aws, { path: at.path, version: to })
  if (then.kind !== 'stored') return then
  const { field } = at
  if (field !== undefined) {
    return restored(then, field, (value) =>
      putParameter(aws, at, value, { expect: from, operation: '' }, now),
    )
  }
  try {
    return await replaced(aws, at, from, () => copy(then.bytes))
  } finally {
    wipe(then.bytes)
  }
}

/** @param make what is to be stored in the place of what is, in own memory */
async function replaced(
  aws: ParameterStore,
  at: Location,
  expect: string,
  make: (old: Buffer | undefined) => Buffer | Failure,
): Promise<PutOutcome> {
  const { path, field } = at
  // Another account's is read by its ARN, and written by nobody but that account.
  if (isArn(path)) return badName
  const old = (await readBatch(aws, [path])).get(path) ?? badAnswer
  if (old.kind !== 'stored' && old.kind !== 'absent') return old
  const stored = old.kind === 'stored' ? old : undefined
  try {
    const version = stored?.meta.version
    const there = stored !== undefined && hasValue(stored.bytes, field)
    if (expect === 'absent' ? there : expect !== 'any' && expect !== version) {
      return { kind: 'conflict' }
    }
    const bytes = make(stored?.bytes)
    if ('kind' in bytes) return bytes
    try {
      if (bytes.length > MAX_BYTES) return tooLarge
      return await store(
        aws,
        at,
        bytes,
        expect === 'any' ? undefined : version,
        stored !== undefined,
      )
    } finally {
      wipe(bytes)
    }
  } finally {
    wipe(stored?.bytes)
  }
}

/** @param before the version that ours has to follow; left out: any */
async function store(
  aws: ParameterStore,
  { path, field }: Location,
  bytes: Buffer,
  before: string | undefined,
  exists: boolean,
): Promise<PutOutcome> {
  const kept = exists ? await described(aws, path) : { Type: 'SecureString' as const }
  if ('kind' in kept) return kept
  const input = { Name: path, Value: bytes.toString(), Overwrite: exists, ...kept }
  const put = await change(
    aws,
    () => aws.client.send(new aws.sdk.PutParameterCommand(input)),
    'ParameterAlreadyExists',
    true,
  )
  if (put.kind === 'malformed' && put.reason === 'bad-name' && bytes.length > STANDARD_BYTES)
    return tooLarge
  if (put.kind !== 'answer') return put
  const version = put.output.Version
  if (version === undefined) return badAnswer
  if (before !== undefined && version !== Number(before) + 1) return { kind: 'unknown' }
  const place = { path, ...(field === undefined ? {} : { field }) }
  return { kind: 'written', version: String(version), at: place }
}

/** An overwrite that does not name them would change the parameter's key of KMS to the default one. */
async function described(
  aws: ParameterStore,
  path: string,
): Promise<Pick<ParameterMetadata, 'Type' | 'KeyId' | 'Tier'> | Failure> {
  const answer = await ask(aws, () =>
    aws.client.send(
      new aws.sdk.DescribeParametersCommand({
        ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [path] }],
      }),
    ),
  )
  if (answer.kind !== 'answer') return answer
  const [one] = answer.output.Parameters ?? []
  if (one === undefined) return absent
  const { Type, KeyId, Tier } = one
  return {
    ...(Type === undefined ? {} : { Type }),
    ...(KeyId === undefined ? {} : { KeyId }),
    ...(Tier === undefined ? {} : { Tier }),
  }
}

/** Oldest first. Values come along as they are stored, encrypted where they are secret, and are dropped. */
export async function parameterHistory(
  aws: ParameterStore,
  { path }: Location,
): Promise<History | Failure> {
  const found: { version: number; createdAt?: Date }[] = []
  let NextToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const input = { Name: path, ...(NextToken === undefined ? {} : { NextToken }) }
    const answer = await ask(aws, () =>
      aws.client.send(new aws.sdk.GetParameterHistoryCommand(input)),
    )
    if (answer.kind !== 'answer') return answer
    for (const { Version, LastModifiedDate } of answer.output.Parameters ?? []) {
      if (Version === undefined) continue
      const createdAt = LastModifiedDate === undefined ? {} : { createdAt: LastModifiedDate }
      found.push({ version: Version, ...createdAt })
    }
    NextToken = answer.output.NextToken
    if (NextToken === undefined || NextToken === '') break
  }
  const ordered = found.toSorted((one, other) => one.version - other.version)
  const last = ordered.length - 1
  const versions = ordered.map((one, i) =>
    Object.assign(one, {
      version: String(one.version),
      stages: i === last ? CURRENT : i === last - 1 ? PREVIOUS : NONE,
    }),
  )
  return { kind: 'history', versions }
}

const CURRENT: readonly Stage[] = ['current']
const PREVIOUS: readonly Stage[] = ['previous']
const NONE: readonly Stage[] = []
