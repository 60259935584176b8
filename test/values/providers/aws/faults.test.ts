/** Both AWS providers, put through the table of faults: what they read, and what they ask before a write. */
import { afterAll, beforeAll } from 'vitest'
import type { Provider } from '../../../../src/values/providers/contract.ts'
import { provider as secretsManager } from '../../../../src/values/providers/aws-secrets-manager.ts'
import { provider as ssm } from '../../../../src/values/providers/aws-ssm.ts'
import { VARIABLES } from '../../../../src/values/providers/aws/options.ts'
import { awsEnvironment } from '../aws.ts'
import { contextOf } from '../conformance.ts'
import { listed, withstandsFaults, type HttpRig } from '../faults.ts'

// The SDK reads them from the process, which these tests share: all of them have the same.
const home = process.env['HOME']
for (const name of VARIABLES) delete process.env[name]
afterAll(() => {
  for (const name of VARIABLES) delete process.env[name]
  if (home !== undefined) process.env['HOME'] = home
})

const DENIED = { status: 400, body: '{"__type":"AccessDeniedException"}', kind: 'denied' } as const

// What is loaded on the first question takes no time from the others.
beforeAll(async () => {
  for (const provider of [secretsManager, ssm]) {
    const session = await rig(provider, DENIED).open('http://127.0.0.1:1', 20_000)
    await session.get([{ path: 'a' }])
    await session.close()
  }
})

function rig(provider: Provider, absent: NonNullable<HttpRig['absent']>): HttpRig {
  return {
    at: { path: 'a' },
    absent,
    means: { '503': { kind: 'unavailable', reason: 'server-error' } },
    open: (endpoint, timeoutMs, spend = () => true) =>
      provider.open({ endpoint, timeoutMs }, contextOf({ env: awsEnvironment(), spend })),
  }
}

const put: NonNullable<HttpRig['ask']> = async (session) => {
  const value = Buffer.from('fake-new-value')
  const written = await session.put?.({ path: 'a' }, value, { expect: 'any', operation: 'fake' })
  if (written === undefined) throw new Error('it cannot write')
  return written
}

for (const [provider, gone] of [
  [secretsManager, { status: 400, body: '{"__type":"ResourceNotFoundException"}' }],
  [ssm, { status: 200, body: '{"Parameters":[],"InvalidParameters":["a"]}' }],
] as const) {
  const { type } = provider.spec
  withstandsFaults(type, rig(provider, gone))
  withstandsFaults(`${type}, the read before a write`, { ...rig(provider, DENIED), ask: put })
  withstandsFaults(`${type}, a list`, { ...rig(provider, DENIED), ask: listed, wordless: true })
}
