/** A connection to the Parameter Store of AWS Systems Manager, its names, and reads of ten a call. */
import type { GetParametersResult, Parameter, SSMClient } from '@aws-sdk/client-ssm'
import { final } from '../../secret/outcome.ts'
import type { Context, Failure, Location } from '../contract.ts'
import { together, type Habit, type Stored } from './session.ts'
import { ask, connect, type Answer, type Connection } from './connection.ts'
import type { AwsOptions } from './options.ts'
import { utf8 } from './utf8.ts'

export type { ParameterMetadata, SSMClient } from '@aws-sdk/client-ssm'
export type Sdk = typeof import('@aws-sdk/client-ssm')
export type ParameterStore = Connection<Sdk, SSMClient>

export function connectParameterStore(
  options: AwsOptions,
  ctx: Context,
): Promise<ParameterStore | Failure> {
  return connect(
    options,
    ctx,
    () => import('@aws-sdk/client-ssm'),
    (sdk, settings) => new sdk.SSMClient(settings),
  )
}

/** Of GetParameters. */
const BATCH = 10
/** docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html; or an ARN. */
const NAME = /^[A-Za-z0-9/_.-]{1,1011}$/
const ARN = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[A-Za-z0-9/_.-]{1,1011}$/
/** A number, or a label. */
const VERSION = /^[A-Za-z0-9_.-]{1,100}$/

const absent = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
const badAnswer = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

function isPlace({ path, version, field }: Location): boolean {
  if (field === '' || (version !== undefined && !VERSION.test(version))) return false
  return NAME.test(path) || ARN.test(path)
}

/** Whether it names another account's parameter, or one as that account would. */
export function isArn(path: string): boolean {
  return ARN.test(path)
}

/** As the service wants a version: `name:3`, `name:label`. */
function selectorOf({ path, version }: Location): string {
  return version === undefined ? path : `${path}:${version}`
}

/** The habit of the Parameter Store. */
export const parameters: Habit<Sdk, SSMClient> = {
  isPlace,
  keyOf: selectorOf,
  async read(aws, wanted) {
    const names: string[] = []
    const pinned: [string, Location][] = []
    for (const [name, at] of wanted) {
      if (at.version === undefined) names.push(name)
      else pinned.push([name, at])
    }
    const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, i) =>
      readBatch(aws, names.slice(i * BATCH, (i + 1) * BATCH)),
    )
    const alone = pinned.map(async ([name, at]) => new Map([[name, await readPinned(aws, at)]]))
    return together([...batches, ...alone])
  },
}

/** Asked for alone, so that there is no question which version came back. */
export async function readPinned(aws: ParameterStore, at: Location): Promise<Stored> {
  const answer = await getParameters(aws, [selectorOf(at)])
  if (answer.kind !== 'answer') return answer
  const { Parameters: [one] = [], InvalidParameters = [] } = answer.output
  if (one === undefined) return InvalidParameters.length > 0 ? absent : badAnswer
  const isNumber = /^\d+$/.test(at.version ?? '')
  if (!isOf(one, at.path) || (isNumber && String(one.Version) !== at.version)) return badAnswer
  return storedIn(one)
}

function getParameters(
  aws: ParameterStore,
  names: readonly string[],
): Promise<Answer<GetParametersResult>> {
  return ask(aws, () =>
    aws.client.send(new aws.sdk.GetParametersCommand({ Names: [...names], WithDecryption: true })),
  )
}

export async function readBatch(
  aws: ParameterStore,
  names: readonly string[],
): Promise<ReadonlyMap<string, Stored>> {
  const answer = await getParameters(aws, names)
  const found = new Map<string, Stored>()
  if (answer.kind === 'answer') {
    for (const name of answer.output.InvalidParameters ?? []) found.set(name, absent)
    for (const one of answer.output.Parameters ?? []) {
      for (const name of names) if (isOf(one, name)) found.set(name, storedIn(one))
    }
    for (const name of names) if (!found.has(name)) found.set(name, badAnswer)
    return found
  }
  // The service refuses all ten for one that this caller may not read: the others are asked for alone.
  if (names.length === 1 || !concernsOne(answer))
    return new Map(names.map((name) => [name, answer]))
  return together(names.map((name) => readBatch(aws, [name])))
}

function concernsOne({ reason }: Failure): boolean {
  return reason === 'not-permitted' || reason === 'bad-name' || reason === 'id-not-found'
}

function isOf({ Name, ARN: arn }: Parameter, path: string): boolean {
  return path === Name || path === arn
}

/** The SDK has made a string of it: from here on it is bytes, and this process ends with its work. */
function storedIn({ Value, Version, LastModifiedDate }: Parameter): Stored {
  if (Value === undefined || Version === undefined) return badAnswer
  const createdAt = LastModifiedDate === undefined ? {} : { createdAt: LastModifiedDate }
  return { kind: 'stored', bytes: utf8(Value), meta: { version: String(Version), ...createdAt } }
}
