/** A connection to Secrets Manager, and how its secrets may be called. */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Context, Failure, Location } from '../contract.ts'
import { connect, type Connection } from './connection.ts'
import type { AwsOptions } from './options.ts'

export type {
  BatchGetSecretValueResponse,
  GetSecretValueResponse,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
export type Sdk = typeof import('@aws-sdk/client-secrets-manager')
export type SecretsManager = Connection<Sdk, SecretsManagerClient>

export function connectSecretsManager(
  options: AwsOptions,
  ctx: Context,
): Promise<SecretsManager | Failure> {
  return connect(
    options,
    ctx,
    () => import('@aws-sdk/client-secrets-manager'),
    (sdk, settings) => new sdk.SecretsManagerClient(settings),
  )
}

/** docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, "Name"; or a whole ARN. */
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/
const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/
/** A staging label or a version id. */
const VERSION = /^[A-Za-z0-9_.=+@-]{1,256}$/

export function isPlace({ path, version, field }: Location): boolean {
  if (field === '' || (version !== undefined && !VERSION.test(version))) return false
  return NAME.test(path) || ARN.test(path)
}

export function isArn(path: string): boolean {
  return ARN.test(path)
}
