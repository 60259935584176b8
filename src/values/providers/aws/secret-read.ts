/**
 * Reads of Secrets Manager: 20 secrets a call (BatchGetSecretValue), one by one where that is not
 * allowed, or where a stage or a version is asked for.
 */
import { copy, wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Location } from '../contract.ts'
import { together, type Habit, type Stored } from './session.ts'
import { ask } from './connection.ts'
import { failureOfName } from './failures.ts'
import {
  isPlace,
  type BatchGetSecretValueResponse,
  type GetSecretValueResponse,
  type Sdk,
  type SecretsManager,
  type SecretsManagerClient,
} from './secret.ts'
import { utf8 } from './utf8.ts'

/** Of BatchGetSecretValue. */
const BATCH = 20
/** ClientRequestToken, which becomes the VersionId, has 32 to 64 characters; AWS's stages are shorter. */
const VERSION_ID = /^[A-Za-z0-9-]{32,64}$/

/** The habit of Secrets Manager. */
export const secrets: Habit<Sdk, SecretsManagerClient> = {
  isPlace,
  // No path has a space in it.
  keyOf: (at) => [at.path, versionOf(at)].filter((word) => word !== undefined).join(' '),
  async read(aws, wanted) {
    const paths: string[] = []
    const pinned: [string, Location][] = []
    for (const [key, at] of wanted) {
      if (versionOf(at) === undefined) paths.push(at.path)
      else pinned.push([key, at])
    }
    const batches = Array.from({ length: Math.ceil(paths.length / BATCH) }, (_, i) =>
      readBatch(aws, paths.slice(i * BATCH, (i + 1) * BATCH)),
    )
    const alone = pinned.map(async ([key, { path, version }]) => {
      return new Map([[key, await readSecret(aws, path, version)]])
    })
    return together([...batches, ...alone])
  },
}

/** Undefined for what batches read. */
function versionOf({ version }: Location): string | undefined {
  return version === 'AWSCURRENT' ? undefined : version
}

async function readBatch(
  aws: SecretsManager,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Stored>> {
  const found = new Map<string, Stored>()
  if (ids.length > 1) {
    const answer = await ask(aws, () =>
      aws.client.send(new aws.sdk.BatchGetSecretValueCommand({ SecretIdList: [...ids] })),
    )
    if (answer.kind === 'answer') take(answer.output, ids, found)
    else if (!concernsOne(answer)) return new Map(ids.map((id) => [id, answer]))
  }
  // What the batch said nothing of: all of it, where this caller may read secrets but not in batches.
  const rest = ids.filter((id) => !found.has(id))
  await Promise.all(
    rest.map(async (path) => {
      found.set(path, await readSecret(aws, path))
    }),
  )
  return found
}

/** Whether single questions may be answered where the question for all of them was not. */
function concernsOne({ reason }: Failure): boolean {
  return reason === 'not-permitted' || reason === 'bad-name' || reason === 'id-not-found'
}

function take(
  { SecretValues = [], Errors = [] }: BatchGetSecretValueResponse,
  ids: readonly string[],
  found: Map<string, Stored>,
): void {
  for (const value of SecretValues) {
    for (const id of ids) if (isOf(value, id)) found.set(id, storedIn(value))
  }
  for (const { SecretId, ErrorCode } of Errors) {
    if (SecretId !== undefined && ids.includes(SecretId)) {
      found.set(SecretId, failureOfName(ErrorCode ?? ''))
    }
  }
}

/** An id is a name, an ARN, or an ARN without the six characters that AWS appended. */
function isOf({ ARN = '', Name }: GetSecretValueResponse, id: string): boolean {
  return id === Name || id === ARN || id === ARN.replace(/-[A-Za-z0-9]{6}$/, '')
}

/** @param version a stage or a version id */
export async function readSecret(
  aws: SecretsManager,
  path: string,
  version = 'AWSCURRENT',
): Promise<Stored> {
  const which = VERSION_ID.test(version) ? { VersionId: version } : { VersionStage: version }
  const answer = await ask(aws, () =>
    aws.client.send(new aws.sdk.GetSecretValueCommand({ SecretId: path, ...which })),
  )
  return answer.kind === 'answer' ? storedIn(answer.output) : answer
}

/** The SDK has made strings of it: from here on they are bytes, and this process ends with its work. */
function storedIn({
  SecretString,
  SecretBinary,
  VersionId,
  CreatedDate,
}: GetSecretValueResponse): Stored {
  if (VersionId === undefined) return badAnswer
  const bytes =
    SecretString === undefined
      ? SecretBinary === undefined
        ? undefined
        : copy(SecretBinary)
      : utf8(SecretString)
  wipe(SecretBinary)
  if (bytes === undefined) return badAnswer
  const createdAt = CreatedDate === undefined ? {} : { createdAt: CreatedDate }
  return { kind: 'stored', bytes, meta: { version: VersionId, ...createdAt } }
}

const badAnswer = final('malformed', 'PROVIDER_INVALID', 'bad-answer')
