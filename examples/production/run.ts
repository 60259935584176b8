/**
 * `npm run example:production`: the article's two environments, production on a Vault, development on a
 * file. An OpenBao of this minute's making plays the Vault; made-up keys, a private folder, no account.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fakeKey, makeStage } from '../payment-analyst/demo/stage.ts'
import { heading, run, say, type Ran } from '../payment-analyst/demo/terminal.ts'
import { startBao } from './bao.ts'

const POLICY = 'path "secret/data/prod/*" { capabilities = ["read"] }'
const START = ['secretref', 'run'] as const

const stage = makeStage(join(import.meta.dirname, 'secretref.json'))
process.on('exit', () => stage.remove())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(1))

const keys = { production: fakeKey('sk_test_'), development: fakeKey('sk_test_') }
const bao = await startBao()

heading('1. A Vault with one key, one policy and one role')
await bao.api('POST', 'secret/data/prod/stripe/api-key', { data: { value: keys.production } })
await bao.api('PUT', 'sys/policies/acl/secretref', { policy: POLICY })
await bao.api('POST', 'sys/auth/approle', { type: 'approle' })
await bao.api('POST', 'auth/approle/role/gateway', { token_policies: 'secretref', token_ttl: '5m' })
const role = await dataOf('GET', 'auth/approle/role/gateway/role-id')
const secret = await dataOf('POST', 'auth/approle/role/gateway/secret-id')
say(
  `${bao.address} holds prod/stripe/api-key; the role "gateway" may read secret/prod/* and no more.`,
)

const secrets = join(stage.dir, '.secrets')
mkdirSync(secrets, { mode: 0o700 })
writeFileSync(join(secrets, 'dev_stripe.key'), `${keys.development}\n`, { mode: 0o600 })
const env = {
  ...stage.env,
  VAULT_ADDR: bao.address,
  VAULT_ROLE_ID: String(role['role_id']),
  VAULT_SECRET_ID: String(secret['secret_id']),
}
const cli = (...more: string[]): Promise<Ran> => run([...START, ...more], { cwd: stage.dir, env })

heading('2. In production the key comes from Vault')
const production = await cli()
check(production.output.trim() === digestOf(keys.production), 'production received another key')
say('(the agent prints the first half of a SHA-256 of what it received: it is the key in Vault)')

heading('3. In development it comes from the file')
const development = await cli('--environment', 'development')
check(development.output.trim() === digestOf(keys.development), 'development received another key')
say('(it is the key in .secrets/dev_stripe.key)')

heading('4. The policy is taken away: a denial is final')
await bao.api('PUT', 'sys/policies/acl/secretref', {
  policy: 'path "secret/data/other" { capabilities = ["read"] }',
})
check((await cli()).code === 125, 'a denied start did not end with 125')

heading('5. Vault is gone: an outage, and the agent is not started')
await bao.stop()
check((await cli()).code === 125, 'a start without Vault did not end with 125')

heading('6. All of it is on record')
check(
  (await run(['secretref', 'log', 'show'], { cwd: stage.dir, env })).code === 0,
  'the log could not be shown',
)
check(
  (await run(['secretref', 'log', 'verify'], { cwd: stage.dir, env })).code === 0,
  'the log did not verify',
)

async function dataOf(method: string, path: string): Promise<Record<string, unknown>> {
  const { data } = await bao.api(method, path)
  if (typeof data !== 'object' || data === null) throw new Error(`no data from ${path}`)
  return { ...data }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
