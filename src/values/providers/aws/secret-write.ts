/**
 * Writes to Secrets Manager. A put names its version by its operation, so that a repeat makes no second
 * one. The service compares nothing when it stores, but it does when it moves a stage: so what has to
 * replace one certain version is stored as AWSPENDING, and AWSCURRENT is moved to it from that version.
 * That takes secretsmanager:UpdateSecretVersionStage and ListSecretVersionIds beside PutSecretValue.
 *
 * Where AWS itself has a rotation going, nothing is written: its function would make its own version
 * current over ours, and ours would take the stage that it works by. It shows by AWSPENDING on a version
 * that is not AWSCURRENT (docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 */
import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, History, Location, PutOptions, PutOutcome } from '../contract.ts'
import type { Stage } from '../../../gateway/keep/words.ts'
import { ask, change } from './connection.ts'
import { hasValue, holdsOthers, restored, valueIn, withValue } from './document.ts'
import { readSecret } from './secret-read.ts'
import { isArn, type SecretsManager } from './secret.ts'

/** Of one version, in bytes (docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). */
const MAX_BYTES = 65_536
const MAX_PAGES = 20

/** A secret that somebody else just made; another value under the same token. */
const TAKEN = 'ResourceExistsException'
const conflict = { kind: 'conflict' } as const
const VERSIONS = 'the list of its versions (secretsmanager:ListSecretVersionIds)'
const absent = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')

export async function putSecret(
  aws: SecretsManager,
  at: Location,
  value: Buffer,
  { expect, operation, stage = 'current' }: PutOptions,
  now: Date,
): Promise<PutOutcome> {
  const token = tokenOf(operation)
  const { field } = at
  const old = await readSecret(aws, at.path)
  if (old.kind !== 'stored' && old.kind !== 'absent') return old
  const stored = old.kind === 'stored' ? old : undefined
  try {
    const place = { path: at.path, ...(field === undefined ? {} : { field }) }
    // Done before, and the answer was lost.
    if (stored?.meta.version === token) return { kind: 'written', version: token, at: place }
    const there = stored !== undefined && hasValue(stored.bytes, field)
    if (expect === 'absent' ? there : expect !== 'any' && expect !== stored?.meta.version) {
      return conflict
    }
    const busy = stored && (await rotatedByAws(aws, at.path))
    if (busy !== undefined) return busy
    const bytes = withValue(stored?.bytes, field, value, now)
    if ('kind' in bytes) return bytes
    try {
      if (bytes.length > MAX_BYTES) return final('malformed', 'SECRET_TOO_LARGE', 'too-large')
      const replaces = stage === 'current' && expect !== 'any' && expect !== 'absent'
      const first = replaces ? 'pending' : stage
      let written = await store(aws, at.path, bytes, token, first, stored !== undefined)
      if (replaces) written = await replace(aws, at, value, expect, token, written)
      return written.kind === 'written' ? { ...written, at: place } : written
    } finally {
      wipe(bytes)
    }
  } finally {
    wipe(stored?.bytes)
  }
}

/** What was stored becomes current where `from` still is. */
async function replace(
  aws: SecretsManager,
  at: Location,
  value: Buffer,
  from: string,
  token: string,
  stored: PutOutcome,
): Promise<PutOutcome> {
  const { path } = at
  // An earlier try may have stored it, with another time beside the value.
  const ours = stored.kind === 'conflict' && (await holds(aws, at, token, value))
  if (stored.kind !== 'written' && !ours) return stored
  const moved = await move(aws, path, from, token)
  if (moved.kind === 'conflict') await unmark(aws, path, token)
  return moved
}

/** Whether the version holds the value. */
async function holds(
  aws: SecretsManager,
  { path, field }: Location,
  version: string,
  value: Buffer,
): Promise<boolean> {
  const stored = await readSecret(aws, path, version)
  if (stored.kind !== 'stored') return false
  const held = valueIn(stored.bytes, field, {})
  wipe(stored.bytes)
  if (held.kind !== 'value') return false
  const same = held.value.equals(value)
  wipe(held.value)
  return same
}

/**
 * Takes AWSPENDING from what nobody will promote; a rotation of AWS's own would wait for it. Whatever
 * becomes of that: the next one that is stored takes it too.
 */
async function unmark(aws: SecretsManager, path: string, version: string): Promise<void> {
  const input = { SecretId: path, VersionStage: 'AWSPENDING', RemoveFromVersionId: version }
  await ask(aws, () => aws.client.send(new aws.sdk.UpdateSecretVersionStageCommand(input)))
}

/** What only we name a version: a rotation of AWS's own names its by a UUID. */
const OURS = /^secretref-[0-9a-f]{54}$/

/** 64 characters: ClientRequestToken has 32 to 64. */
function tokenOf(operation: string): string {
  const hash = createHash('sha256').update(`secretref put ${operation}`).digest('hex')
  return `secretref-${hash.slice(0, 54)}`
}

/** @returns why nothing may be written; what a stopped write of ours has left as AWSPENDING is no reason */
async function rotatedByAws(aws: SecretsManager, path: string): Promise<Failure | undefined> {
  const history = await secretHistory(aws, { path })
  if (history.kind === 'denied') return { ...history, place: VERSIONS }
  if (history.kind !== 'history') return history
  const theirs = history.versions.some(
    ({ version, stages }) => stages.includes('pending') && !OURS.test(version),
  )
  return theirs ? final('denied', 'PROVIDER_DENIED', 'aws-rotates') : undefined
}

async function store(
  aws: SecretsManager,
  path: string,
  bytes: Buffer,
  token: string,
  stage: 'pending' | 'current',
  exists: boolean,
): Promise<PutOutcome> {
  const { client, sdk } = aws
  // The SDK takes text as a string, and no other way to store text.
  const value = isUtf8(bytes) ? { SecretString: bytes.toString() } : { SecretBinary: bytes }
  if (!exists) {
    // AWS appends to a name what makes its ARN: none can be chosen.
    if (isArn(path)) return absent
    // Without a stage of its own there would be a current version; a pending one follows below.
    const first = stage === 'pending' ? {} : { ...value, ClientRequestToken: token }
    const made = await change(
      aws,
      () => client.send(new sdk.CreateSecretCommand({ Name: path, ...first })),
      TAKEN,
    )
    if (made.kind !== 'answer') return made
    if (stage === 'current') return { kind: 'written', version: token }
  }
  const input = {
    SecretId: path,
    ClientRequestToken: token,
    VersionStages: [stage === 'pending' ? 'AWSPENDING' : 'AWSCURRENT'],
    ...value,
  }
  const put = await change(aws, () => client.send(new sdk.PutSecretValueCommand(input)), TAKEN)
  return put.kind === 'answer' ? { kind: 'written', version: token } : put
}

/**
 * Makes `to` the current version where `from` still is: the service compares. A repeat is done once.
 * What was current becomes AWSPREVIOUS.
 *
 * Of one key among others in a secret that is JSON, what `to` held is stored anew beside what the others
 * are now: they are no part of what was asked for.
 */
export async function promoteSecret(
  aws: SecretsManager,
  at: Location,
  from: string,
  to: string,
  now: Date,
): Promise<PutOutcome> {
  const { path, field } = at
  if (field !== undefined) {
    const then = await readSecret(aws, path, to)
    return restored(then, field, (value) =>
      putSecret(aws, at, value, { expect: from, operation: `restore ${from} ${to}` }, now),
    )
  }
  const busy = await rotatedByAws(aws, path)
  return busy ?? move(aws, path, from, to)
}

/** The service compares. A repeat is done once. */
async function move(
  aws: SecretsManager,
  path: string,
  from: string,
  to: string,
): Promise<PutOutcome> {
  const input = {
    SecretId: path,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: to,
    RemoveFromVersionId: from,
  }
  const moved = await change(
    aws,
    () => aws.client.send(new aws.sdk.UpdateSecretVersionStageCommand(input)),
    'InvalidParameterException',
  )
  if (moved.kind === 'answer') return { kind: 'written', version: to, at: { path } }
  if (moved.kind !== 'conflict') return moved
  // AWSCURRENT is not on `from`. It may be where it should be already.
  const history = await secretHistory(aws, { path })
  if (history.kind !== 'history') return history
  const current = history.versions.find(({ stages }) => stages.includes('current'))
  return current?.version === to ? { kind: 'written', version: to, at: { path } } : conflict
}

/**
 * Marks all of it for deletion; the service keeps it for 30 days, in which a person can restore it. What
 * other keys of it hold must not go with one.
 */
export async function removeSecret(
  aws: SecretsManager,
  { path, field }: Location,
  expect: string,
): Promise<PutOutcome> {
  const old = await readSecret(aws, path)
  if (old.kind !== 'stored') return old
  const others = field !== undefined && holdsOthers(old.bytes, field)
  wipe(old.bytes)
  if (others) return final('malformed', 'UNSUPPORTED', 'holds-others')
  if (expect !== 'any' && expect !== old.meta.version) return conflict
  const gone = await change(
    aws,
    () => aws.client.send(new aws.sdk.DeleteSecretCommand({ SecretId: path })),
    TAKEN,
  )
  return gone.kind === 'answer' ? { kind: 'written', version: old.meta.version } : gone
}

const STAGES: readonly [string, Stage][] = [
  ['AWSCURRENT', 'current'],
  ['AWSPREVIOUS', 'previous'],
  ['AWSPENDING', 'pending'],
]

/** The versions that have a stage, oldest first. */
export async function secretHistory(
  aws: SecretsManager,
  { path }: Location,
): Promise<History | Failure> {
  const versions: History['versions'][number][] = []
  let NextToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const input = { SecretId: path, ...(NextToken === undefined ? {} : { NextToken }) }
    const answer = await ask(aws, () =>
      aws.client.send(new aws.sdk.ListSecretVersionIdsCommand(input)),
    )
    if (answer.kind !== 'answer') return answer
    for (const { VersionId, VersionStages = [], CreatedDate } of answer.output.Versions ?? []) {
      if (VersionId === undefined) continue
      const stages = STAGES.filter(([label]) => VersionStages.includes(label)).map(
        ([, stage]) => stage,
      )
      versions.push({
        version: VersionId,
        // AWS leaves AWSPENDING on a version that became current: that is no rotation under way.
        stages: stages.includes('current') ? ['current'] : stages,
        ...(CreatedDate === undefined ? {} : { createdAt: CreatedDate }),
      })
    }
    NextToken = answer.output.NextToken
    if (NextToken === undefined || NextToken === '') break
  }
  return { kind: 'history', versions: versions.toSorted((a, b) => timeOf(a) - timeOf(b)) }
}

function timeOf({ createdAt }: { createdAt?: Date }): number {
  return createdAt?.getTime() ?? 0
}
