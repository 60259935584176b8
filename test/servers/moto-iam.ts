/** The users and access keys of a moto that checks signatures and policies, as AWS does. */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Moto } from './moto.ts'

export interface Key {
  AccessKeyId: string
  SecretAccessKey: string
}

export interface Iam {
  /** A user with one key, who may change keys, or may not. */
  user(name: string, may?: boolean): Promise<Key>
  /** One more key of a user. */
  key(name: string): Promise<Key>
  /** Ids of a user's keys. */
  keys(name: string): Promise<string[]>
  admits(key: Key): Promise<boolean>
  /** Who may do everything. */
  admin: Key
}

const REGION = 'us-east-1'
const ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})

/** Everything that this moto is asked from now on must be signed and allowed. */
export async function startIam({ endpoint }: Moto): Promise<Iam> {
  const clientOf = (key: Key): IAMClient =>
    new IAMClient({ endpoint, region: REGION, credentials: credentialsOf(key) })
  const anyone = clientOf({ AccessKeyId: 'fake-access', SecretAccessKey: 'fake-secret' })
  const admin = await make(anyone, 'admin', true)
  await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' })
  const client = clientOf(admin)
  return {
    user: (name, may = true) => make(client, name, may),
    key: (name) => keyOf(client, name),
    keys: async (UserName) => {
      const { AccessKeyMetadata = [] } = await client.send(new ListAccessKeysCommand({ UserName }))
      return AccessKeyMetadata.map(({ AccessKeyId = '' }) => AccessKeyId)
    },
    admits: async (key) => {
      const sts = new STSClient({ endpoint, region: REGION, credentials: credentialsOf(key) })
      try {
        await sts.send(new GetCallerIdentityCommand({}))
        return true
      } catch {
        // A refusal, or no server: in neither case is it taken.
        return false
      } finally {
        sts.destroy()
      }
    },
    admin,
  }
}

async function make(client: IAMClient, UserName: string, may: boolean): Promise<Key> {
  await client.send(new CreateUserCommand({ UserName }))
  const policy = { UserName, PolicyName: 'all', PolicyDocument: ALL }
  if (may) await client.send(new PutUserPolicyCommand(policy))
  return keyOf(client, UserName)
}

async function keyOf(client: IAMClient, UserName: string): Promise<Key> {
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName }))
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
  return { AccessKeyId, SecretAccessKey }
}

function credentialsOf(key: Key): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey }
}
