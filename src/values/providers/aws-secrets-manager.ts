/**
 * The `aws-secrets-manager` provider: AWS Secrets Manager, by AWS's own SDK and its credential chain.
 * Refs of one secret cost one read, and 20 secrets one call.
 *
 * The SDK makes strings of what it reads and stores. Here they become bytes at once; the strings end
 * with this process, which is one of the value wing and short-lived.
 */
import { SecretRefError } from '../../errors.ts'
import { final } from '../secret/outcome.ts'
import { Access } from './aws/access.ts'
import { ask } from './aws/connection.ts'
import { COMMON_OPTIONS, readOptions, VARIABLES } from './aws/options.ts'
import { secrets } from './aws/secret-read.ts'
import { promoteSecret, putSecret, removeSecret, secretHistory } from './aws/secret-write.ts'
import { connectSecretsManager, type Sdk, type SecretsManagerClient } from './aws/secret.ts'
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
    type: 'aws-secrets-manager',
    summary: 'AWS Secrets Manager, by AWS’s own SDK (npm install @aws-sdk/client-secrets-manager).',
    options: {
      type: 'object',
      properties: {
        ...COMMON_OPTIONS,
        field: {
          type: 'string',
          minLength: 1,
          description:
            'The key inside a secret that is JSON, where a ref names none. Left out: `value` of an object that has one, else all of the secret.',
        },
      },
      additionalProperties: false,
    },
    env: () => VARIABLES,
  },
  open: async (options, ctx) => new SecretsManagerSession(options, ctx),
}

class SecretsManagerSession implements Session {
  readonly #field: string | undefined
  readonly #access: Access<Sdk, SecretsManagerClient>
  readonly #ctx: Context

  constructor(options: Readonly<Record<string, unknown>>, ctx: Context) {
    const { field } = options
    this.#field = typeof field === 'string' ? field : undefined
    this.#access = new Access(secrets, () => connectSecretsManager(readOptions(options), ctx))
    this.#ctx = ctx
  }

  async get(items: readonly Location[]): Promise<readonly Outcome[]> {
    return this.#access.get(items, this.#field, this.#ctx)
  }

  async put(at: Location, value: Buffer, options: PutOptions): Promise<PutOutcome> {
    if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
    return this.#access.with(at, (aws) =>
      putSecret(aws, at, at.field ?? this.#field, value, options, this.#ctx.now()),
    )
  }

  async promote(at: Location, from: string, to: string): Promise<PutOutcome> {
    return this.#access.with(at, (aws) => promoteSecret(aws, at, from, to))
  }

  async history(at: Location): Promise<History | Failure> {
    return this.#access.with(at, (aws) => secretHistory(aws, at))
  }

  async remove(at: Location, expect: string): Promise<PutOutcome> {
    return this.#access.with(at, (aws) => removeSecret(aws, at, expect))
  }

  async *list(prefix: string): ReturnType<NonNullable<Session['list']>> {
    const aws = await this.#access.connection()
    if (aws.kind !== 'connection') throw notListed(aws)
    let NextToken: string | undefined
    let count = 0
    do {
      const input = {
        ...(prefix === '' ? {} : { Filters: [{ Key: 'name' as const, Values: [prefix] }] }),
        ...(NextToken === undefined ? {} : { NextToken }),
      }
      const answer = await ask(aws, () => aws.client.send(new aws.sdk.ListSecretsCommand(input)))
      if (answer.kind !== 'answer') throw notListed(answer)
      for (const { Name, CreatedDate } of answer.output.SecretList ?? []) {
        if (Name === undefined || !Name.startsWith(prefix)) continue
        if ((count += 1) > MAX_NAMES) throw tooMany()
        yield {
          at: { path: Name },
          meta: CreatedDate === undefined ? {} : { createdAt: CreatedDate },
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
  return new SecretRefError(code, 'AWS Secrets Manager could not be listed', {
    scope: 'provider',
    hint: 'allow this gateway secretsmanager:ListSecrets, or do without',
  })
}

function tooMany(): SecretRefError {
  return new SecretRefError(
    'PROVIDER_INVALID',
    'AWS Secrets Manager holds more names than are listed at once',
    {
      scope: 'provider',
      hint: 'ask for a narrower prefix',
    },
  )
}
