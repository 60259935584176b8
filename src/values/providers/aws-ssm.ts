/**
 * The `aws-ssm` provider: the Parameter Store of AWS Systems Manager, by AWS's own SDK and its
 * credential chain. Refs of one parameter cost one read, and ten parameters one call.
 *
 * The SDK makes strings of what it reads and stores. Here they become bytes at once; the strings end
 * with this process, which is one of the value wing and short-lived.
 */
import { SecretRefError } from '../../errors.ts'
import { final } from '../secret/outcome.ts'
import { Access } from './aws/access.ts'
import { ask } from './aws/connection.ts'
import { COMMON_OPTIONS, readOptions, VARIABLES } from './aws/options.ts'
import { connectParameterStore, parameters, type Sdk, type SSMClient } from './aws/parameter.ts'
import { parameterHistory, putParameter } from './aws/parameter-write.ts'
import type {
  Context,
  Failure,
  History,
  Location,
  Outcome,
  Provider,
  PutOptions,
  PutOutcome,
  Session,
} from './contract.ts'

const MAX_NAMES = 10_000

export const provider: Provider = {
  spec: {
    type: 'aws-ssm',
    summary:
      'The Parameter Store of AWS Systems Manager, by AWS’s own SDK (npm install @aws-sdk/client-ssm).',
    options: { type: 'object', properties: COMMON_OPTIONS, additionalProperties: false },
    env: () => VARIABLES,
  },
  open: async (options, ctx) => new ParameterSession(options, ctx),
}

class ParameterSession implements Session {
  readonly #access: Access<Sdk, SSMClient>
  readonly #ctx: Context

  constructor(options: Readonly<Record<string, unknown>>, ctx: Context) {
    this.#access = new Access(parameters, () => connectParameterStore(readOptions(options), ctx))
    this.#ctx = ctx
  }

  async get(items: readonly Location[]): Promise<readonly Outcome[]> {
    return this.#access.get(items, undefined, this.#ctx)
  }

  async put(at: Location, value: Buffer, options: PutOptions): Promise<PutOutcome> {
    if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
    return this.#access.with(at, (aws) => putParameter(aws, at, value, options, this.#ctx.now()))
  }

  async history(at: Location): Promise<History | Failure> {
    return this.#access.with(at, (aws) => parameterHistory(aws, at))
  }

  async *list(prefix: string): ReturnType<NonNullable<Session['list']>> {
    const aws = await this.#access.connection()
    if (aws.kind !== 'connection') throw notListed(aws)
    let NextToken: string | undefined
    let count = 0
    do {
      const filter = { Key: 'Name', Option: 'BeginsWith', Values: [prefix] }
      const input = {
        ...(prefix === '' ? {} : { ParameterFilters: [filter] }),
        ...(NextToken === undefined ? {} : { NextToken }),
      }
      const answer = await ask(aws, () =>
        aws.client.send(new aws.sdk.DescribeParametersCommand(input)),
      )
      if (answer.kind !== 'answer') throw notListed(answer)
      for (const { Name, Version } of answer.output.Parameters ?? []) {
        if (Name === undefined || !Name.startsWith(prefix)) continue
        if ((count += 1) > MAX_NAMES) throw tooMany()
        yield {
          at: { path: Name },
          meta: Version === undefined ? {} : { version: String(Version) },
        }
      }
      NextToken = answer.output.NextToken
    } while (NextToken !== undefined && NextToken !== '')
  }

  close(): Promise<void> {
    return this.#access.close()
  }
}

function notListed({ code }: Failure): SecretRefError {
  return new SecretRefError(code, 'the Parameter Store could not be listed', {
    scope: 'provider',
    hint: 'allow this gateway ssm:DescribeParameters, or do without',
  })
}

function tooMany(): SecretRefError {
  return new SecretRefError(
    'PROVIDER_INVALID',
    'the Parameter Store holds more names than are listed at once',
    { scope: 'provider', hint: 'ask for a narrower prefix' },
  )
}
