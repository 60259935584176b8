/**
 * A Vault that has every path, for counting what it is asked. The forms of its answers are those of
 * developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, …/auth/approle and …/secret/databases.
 */
import { listen, type Fake } from './listen.ts'

const KV = /^\/v1\/secret\/data\/(.+)$/

export interface FakeVault extends Fake {
  /** How many requests began so. */
  count(start: string): number
}

/** @param fields of every path of its KV engine; a path that ends in `none` is not there, one in `shut` denied */
export async function fakeVault(fields: Readonly<Record<string, string>>): Promise<FakeVault> {
  let issued = 0
  const fake = await listen((request, response) => {
    request.resume()
    const say = (status: number, body: unknown): void => {
      response.writeHead(status).end(JSON.stringify(body))
    }
    const path = request.url ?? ''
    const named = KV.exec(path)?.[1]
    if (path.endsWith('/login')) {
      say(200, {
        auth: { client_token: 'fake-issued-token', lease_duration: 600, renewable: true },
      })
    } else if (path.startsWith('/v1/database/')) {
      issued += 1
      const data = { username: `fake-user-${issued}`, password: `fake-word-${issued}` }
      const lease = { lease_id: `${path.slice(4)}/${issued}`, lease_duration: 60, renewable: true }
      say(200, { request_id: 'fake', ...lease, data })
    } else if (path === '/v1/sys/leases/revoke') {
      response.writeHead(204).end()
    } else if (named === undefined || named.endsWith('none')) say(404, { errors: [] })
    else if (named.endsWith('shut')) say(403, { errors: ['permission denied'] })
    else if (request.method === 'POST') say(200, { data: { version: 2 } })
    else say(200, { data: { data: fields, metadata: { version: 1 } } })
  })
  const count = (start: string): number =>
    fake.requests.filter((line) => line.startsWith(start)).length
  return { ...fake, count }
}
