/**
 * The `aws-secrets-manager` provider: AWS Secrets Manager, by AWS's own SDK and its credential chain.
 * Refs of one secret cost one read, and 20 secrets one call.
 *
 * The SDK makes strings of what it reads and stores. Here they become bytes at once; the strings end
 * with this process, which is one of the value wing and short-lived.
 */
import { COMMON_OPTIONS, readOptions, VARIABLES } from './aws/options.ts'
import { secretPage } from './aws/secret-list.ts'
import { secrets } from './aws/secret-read.ts'
import { promoteSecret, putSecret, removeSecret, secretHistory } from './aws/secret-write.ts'
import { connectSecretsManager, type Sdk, type SecretsManagerClient } from './aws/secret.ts'
import { openAws, type Service } from './aws/session.ts'
import type { Provider } from './contract.ts'

const service: Service<Sdk, SecretsManagerClient> = {
  ...secrets,
  words: { service: 'AWS Secrets Manager', listRight: 'secretsmanager:ListSecrets' },
  put: putSecret,
  promote: promoteSecret,
  history: secretHistory,
  remove: removeSecret,
  page: secretPage,
}

export const provider: Provider = {
  spec: {
    type: 'aws-secrets-manager',
    summary:
      'AWS Secrets Manager, by AWS’s own SDK (npm install @aws-sdk/client-secrets-manager). A write takes the rights PutSecretValue, UpdateSecretVersionStage and ListSecretVersionIds beside GetSecretValue, and is refused while AWS itself rotates the secret.',
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
  open: async (options, ctx) => {
    const { field } = options
    const connect = () => connectSecretsManager(readOptions(options), ctx)
    return openAws(service, connect, ctx, typeof field === 'string' ? field : undefined)
  },
}
