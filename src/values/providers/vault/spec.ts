/** What a config may say of a vault provider. */
import { VAULT_ADDRESS, VAULT_FOLDER } from '../../../config/names.ts'
import type { ProviderSpec } from '../contract.ts'
import { VARIABLES } from './variables.ts'

const TEXT = { type: 'string', minLength: 1 } as const

const AUTH = {
  type: 'object',
  description: 'How to sign in. Left out: VAULT_TOKEN, else VAULT_ROLE_ID and VAULT_SECRET_ID.',
  properties: {
    method: { type: 'string', enum: ['token', 'approle', 'kubernetes', 'jwt', 'cert'] },
    mount: { ...TEXT, description: 'Left out: the name of the method.' },
    tokenFile: { ...TEXT, description: 'token: a file that holds it.' },
    roleId: { ...TEXT, description: 'approle: the role id.' },
    roleIdFile: { ...TEXT, description: 'approle: a file that holds the role id.' },
    secretIdFile: { ...TEXT, description: 'approle: a file that holds the secret id.' },
    secretIdWrapped: {
      type: 'boolean',
      default: false,
      description:
        'approle: the secret id is a wrapping token, which is good for one start; docs/vault.md.',
    },
    role: {
      ...TEXT,
      description:
        'kubernetes, jwt, cert: the role. approle: the only role whose wrapped secret id is taken.',
    },
    jwtFile: {
      ...TEXT,
      description:
        'jwt, kubernetes: a file that holds the token; kubernetes: left out, the pod’s own.',
    },
  },
  required: ['method'],
  additionalProperties: false,
} as const

export const spec: ProviderSpec = {
  type: 'vault',
  summary:
    'The KV engine, version 1 or 2, and engines of dynamic secrets, of HashiCorp Vault or OpenBao.',
  options: {
    type: 'object',
    properties: {
      address: {
        type: 'string',
        pattern: VAULT_ADDRESS.source,
        description:
          'Where Vault answers: https, or http to a loopback address by its number. Left out: VAULT_ADDR.',
      },
      namespace: { ...TEXT, description: 'Left out: VAULT_NAMESPACE, if there is one.' },
      engine: {
        type: 'string',
        enum: ['kv', 'dynamic'],
        default: 'kv',
        description:
          'kv: values that somebody stored. dynamic: each read makes a credential with a lease, as database/creds/ROLE does.',
      },
      mount: {
        ...TEXT,
        description:
          'Where the engine is mounted; the path of a ref lies below it. Left out: secret; with engine dynamic: database.',
      },
      kv: {
        type: 'integer',
        minimum: 1,
        maximum: 2,
        default: 2,
        description: 'The version of the KV engine.',
      },
      field: {
        ...TEXT,
        description:
          'The field that holds the value, where a ref names none. Left out: `value`, or the only field there is.',
      },
      auth: AUTH,
      caCert: {
        ...TEXT,
        description: 'A PEM file of the CA. Left out: VAULT_CACERT, else Node’s roots.',
      },
      clientCert: { ...TEXT, description: 'A PEM file. Left out: VAULT_CLIENT_CERT.' },
      clientKey: { ...TEXT, description: 'A PEM file. Left out: VAULT_CLIENT_KEY.' },
      tlsServerName: {
        ...TEXT,
        description: 'The name in the certificate, where it is not the address’s.',
      },
      auditPrefix: {
        type: 'string',
        pattern: VAULT_FOLDER.source,
        description:
          'Names that begin so are of this config alone: `gateway audit` lists them, and nothing else. Ends in a slash.',
      },
      timeoutMs: {
        type: 'integer',
        minimum: 1,
        maximum: 120_000,
        default: 5000,
        description: 'Milliseconds for login and all reads of one start.',
      },
      callsPerMinute: {
        type: 'integer',
        minimum: 1,
        maximum: 100_000,
        default: 600,
        description: 'Calls that all starts together may make in a minute.',
      },
    },
    additionalProperties: false,
  },
  env: () => VARIABLES,
}
