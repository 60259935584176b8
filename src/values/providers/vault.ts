/**
 * The `vault` provider: the KV engine, version 1 or 2, of HashiCorp Vault or OpenBao, over plain HTTP;
 * neither has an official client for Node. Refs of one path cost one read.
 */
import { httpClient, type Client } from '../http/request.ts'
import { wipe } from '../secret/bytes.ts'
import { closed, final, untilAborted } from '../secret/outcome.ts'
import type {
  Context,
  Failure,
  Location,
  Outcome,
  Provider,
  PutOutcome,
  Session,
} from './contract.ts'
import { ask, type Vault } from './vault/call.ts'
import { outcomeOf, readStored, requestPath } from './vault/kv.ts'
import { listNames } from './vault/list.ts'
import { login, type Login } from './vault/login.ts'
import { readOptions, VARIABLES, type VaultOptions } from './vault/options.ts'
import { put } from './vault/put.ts'

/** Reads at once; 64 refs in 8 paths are one round trip. */
const CONNECTIONS = 8
const VERSION = /^[1-9][0-9]{0,9}$/
const FILE = { type: 'string', minLength: 1 } as const

export const provider: Provider = {
  spec: {
    type: 'vault',
    summary: 'The KV engine, version 1 or 2, of HashiCorp Vault or OpenBao.',
    options: {
      type: 'object',
      properties: {
        address: {
          type: 'string',
          pattern: '^https?://',
          description: 'Where Vault answers. Left out: VAULT_ADDR.',
        },
        namespace: {
          type: 'string',
          minLength: 1,
          description: 'Left out: VAULT_NAMESPACE, if there is one.',
        },
        mount: {
          type: 'string',
          minLength: 1,
          default: 'secret',
          description: 'The KV mount; the path of a ref lies below it.',
        },
        kv: {
          type: 'integer',
          minimum: 1,
          maximum: 2,
          default: 2,
          description: 'The version of the KV engine.',
        },
        field: {
          type: 'string',
          minLength: 1,
          description:
            'The field that holds the value, where a ref names none. Left out: `value`, or the only field there is.',
        },
        auth: {
          type: 'object',
          description:
            'How to sign in. Left out: VAULT_TOKEN, else VAULT_ROLE_ID and VAULT_SECRET_ID.',
          properties: {
            method: { type: 'string', enum: ['token', 'approle', 'kubernetes', 'jwt', 'cert'] },
            mount: {
              type: 'string',
              minLength: 1,
              description: 'Left out: the name of the method.',
            },
            tokenFile: { ...FILE, description: 'token: a file that holds it.' },
            roleId: { type: 'string', minLength: 1, description: 'approle: the role id.' },
            roleIdFile: { ...FILE, description: 'approle: a file that holds the role id.' },
            secretIdFile: { ...FILE, description: 'approle: a file that holds the secret id.' },
            role: { type: 'string', minLength: 1, description: 'kubernetes, jwt, cert: the role.' },
            jwtFile: {
              ...FILE,
              description:
                'jwt, kubernetes: a file that holds the token; kubernetes: left out, the pod’s own.',
            },
          },
          required: ['method'],
          additionalProperties: false,
        },
        caCert: {
          ...FILE,
          description: 'A PEM file of the CA. Left out: VAULT_CACERT, else Node’s roots.',
        },
        clientCert: { ...FILE, description: 'A PEM file. Left out: VAULT_CLIENT_CERT.' },
        clientKey: { ...FILE, description: 'A PEM file. Left out: VAULT_CLIENT_KEY.' },
        tlsServerName: {
          type: 'string',
          minLength: 1,
          description: 'The name in the certificate, where it is not the address’s.',
        },
        timeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 120_000,
          default: 5000,
          description: 'Milliseconds for login and all reads of one start.',
        },
      },
      additionalProperties: false,
    },
    env: () => VARIABLES,
  },
  async open(options, ctx): Promise<Session> {
    const read = readOptions(options, ctx.env)
    return 'kind' in read ? failing(read) : new VaultSession(read, ctx, timeoutOf(options))
  },
}

function timeoutOf(options: Readonly<Record<string, unknown>>): number {
  return typeof options['timeoutMs'] === 'number' ? options['timeoutMs'] : 5000
}

/** What cannot be opened answers every question with why. */
function failing(failure: Failure): Session {
  let open = true
  return {
    get: async (items) => items.map(() => (open ? failure : closed)),
    put: async () => (open ? failure : closed),
    close: async () => {
      open = false
    },
  }
}

class VaultSession implements Session {
  readonly #options: VaultOptions
  readonly #client: Client
  readonly #vault: Vault
  #login: Promise<Login> | undefined
  #open = true

  constructor(options: VaultOptions, ctx: Context, timeoutMs: number) {
    const { address, namespace, tls } = options
    this.#options = options
    this.#client = httpClient({ connections: CONNECTIONS, tls })
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)])
    this.#vault = {
      client: this.#client,
      address,
      namespace,
      ctx: { signal, spend: (calls) => ctx.spend(calls) },
    }
  }

  async get(items: readonly Location[]): Promise<readonly Outcome[]> {
    if (!this.#open) return items.map(() => closed)
    if (items.length === 0) return []
    return untilAborted(this.#vault.ctx.signal, items.length, async () => {
      const signedIn = await this.#signIn()
      if (!('token' in signedIn)) return items.map(() => signedIn)
      const { token } = signedIn
      const outcomes: Outcome[] = []
      const groups = Map.groupBy(items.entries(), ([, at]) => JSON.stringify([at.path, at.version]))
      await Promise.all(
        Array.from(groups.values(), async (group) => {
          const answers = await this.#read(
            token,
            group.map(([, at]) => at),
          )
          for (const [i, [index]] of group.entries()) {
            const outcome = answers[i]
            if (outcome !== undefined) outcomes[index] = outcome
          }
        }),
      )
      return outcomes
    })
  }

  async put(at: Location, value: Buffer, { expect }: { expect: string }): Promise<PutOutcome> {
    if (!this.#open) return closed
    const signedIn = await this.#signIn()
    if (!('token' in signedIn)) return signedIn
    return put(this.#vault, signedIn.token, this.#options, at, value, expect)
  }

  async *list(prefix: string): ReturnType<NonNullable<Session['list']>> {
    const signedIn = await this.#signIn()
    yield* listNames(
      this.#vault,
      'token' in signedIn ? signedIn.token : signedIn,
      this.#options,
      prefix,
    )
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#client.close()
    const signedIn = await this.#login
    if (signedIn !== undefined && 'token' in signedIn) wipe(signedIn.token)
  }

  #signIn(): Promise<Login> {
    return (this.#login ??= login(this.#vault, this.#options.auth))
  }

  /** One read for locations that differ in their field alone. */
  async #read(token: Buffer, group: readonly Location[]): Promise<readonly Outcome[]> {
    const { mount, kv, field } = this.#options
    const [{ path, version } = { path: '', version: undefined }] = group
    const request = requestPath(mount, kv, 'data', path)
    if (request === undefined) return group.map(() => badName)
    if (version !== undefined && (kv === 1 || !VERSION.test(version)))
      return group.map(() => badName)
    const query = version === undefined ? '' : `?version=${version}`
    const question = { method: 'GET', path: request + query, token, repeat: true } as const
    // 404 has a body where a version was deleted; either way nothing is there.
    const answer = await ask(this.#vault, question, [404])
    if (answer.kind !== 'answer') return group.map(() => answer)
    try {
      const stored = readStored(answer.body, kv)
      if (stored.kind !== 'stored') return group.map(() => stored)
      return group.map((at) => outcomeOf(stored, at, field))
    } finally {
      wipe(answer.body)
    }
  }
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
