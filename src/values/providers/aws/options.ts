/** What both AWS providers are told by a config, and the variables that AWS's own SDK reads. */
import { AWS_FOLDER, ENDPOINT } from '../../../config/names.ts'
import type { Context, JsonSchema } from '../contract.ts'

const TEXT = { type: 'string', minLength: 1 } as const

/** Option schemas that are the same for both. */
export const COMMON_OPTIONS: Readonly<Record<string, JsonSchema>> = {
  region: { ...TEXT, description: 'Left out: AWS_REGION, else the region of the profile.' },
  profile: { ...TEXT, description: 'A profile of ~/.aws/config. Left out: AWS_PROFILE.' },
  endpoint: {
    type: 'string',
    pattern: ENDPOINT.source,
    description:
      'Where the service answers: https, or http on this machine. Left out: the region’s own.',
  },
  auditPrefix: {
    type: 'string',
    pattern: AWS_FOLDER.source,
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
}

export interface AwsOptions {
  region: string | undefined
  profile: string | undefined
  endpoint: string | undefined
  timeoutMs: number
}

/** Config has checked them. */
export function readOptions(options: Readonly<Record<string, unknown>>): AwsOptions {
  const text = (name: string): string | undefined => {
    const value = options[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const { timeoutMs } = options
  return {
    region: text('region'),
    profile: text('profile'),
    endpoint: text('endpoint'),
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : 5000,
  }
}

/**
 * What the SDK's credential chain, its region and endpoint lookup read (docs.aws.amazon.com/sdkref,
 * "Environment variables"); AWS_CA_BUNDLE, which its JavaScript form leaves to us; and HOME, below which
 * its files lie.
 */
export const VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_CREDENTIAL_SCOPE',
  'AWS_ACCOUNT_ID',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_LOGIN_CACHE_DIRECTORY',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
  'AWS_EC2_METADATA_V1_DISABLED',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  'AWS_ENDPOINT_URL_SSM',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_SSO',
  'AWS_ENDPOINT_URL_SSO_OIDC',
  'AWS_ENDPOINT_URL_SIGNIN',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_ACCOUNT_ID_ENDPOINT_MODE',
  'AWS_AUTH_SCHEME_PREFERENCE',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_SDK_UA_APP_ID',
  'AWS_CA_BUNDLE',
  'HOME',
] as const

/**
 * Puts them where the SDK's credential chain reads them: into the environment of this value process,
 * which began empty. They are strings there, and gone when the process is.
 */
export function giveToSdk(env: Context['env']): void {
  for (const name of VARIABLES) {
    const value = env.get(name)
    if (value !== undefined) process.env[name] = value.toString()
  }
}
