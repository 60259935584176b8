/** How many questions a provider asks at once, counted where they arrive. */
import { expect, onTestFinished, test } from 'vitest'
import type { Provider } from '../../../src/values/providers/contract.ts'
import { provider as secretsManager } from '../../../src/values/providers/aws-secrets-manager.ts'
import { provider as ssm } from '../../../src/values/providers/aws-ssm.ts'
import { provider as vault } from '../../../src/values/providers/vault.ts'
import { listen } from '../../fakes/listen.ts'
import { awsEnvironment, withoutAwsVariables } from './aws.ts'
import { contextOf } from './conformance.ts'

withoutAwsVariables()

const MOST = 8
/** In which others would come, were they not held back. */
const ANSWER_MS = 20

test.each<[string, Provider, string, number, string]>([
  ['vault', vault, 'address', 40, '{"data":{"data":{"value":"fake"},"metadata":{"version":1}}}'],
  // Ten names, and twenty, are one question.
  ['aws-ssm', ssm, 'endpoint', 200, '{"Parameters":[],"InvalidParameters":[]}'],
  ['aws-secrets-manager', secretsManager, 'endpoint', 400, '{"SecretValues":[],"Errors":[]}'],
])('%s: never more than eight', async (_, provider, address, count, body) => {
  let open = 0
  let most = 0
  const fake = await listen((request, response) => {
    request.resume()
    most = Math.max(most, (open += 1))
    setTimeout(() => {
      open -= 1
      response.end(body)
    }, ANSWER_MS)
  })
  const env = new Map([...awsEnvironment(), ['VAULT_TOKEN', Buffer.from('fake-token')] as const])
  const session = await provider.open({ [address]: fake.url }, contextOf({ env }))
  onTestFinished(() => session.close())
  const items = Array.from({ length: count }, (__, i) => ({ path: `p${i}` }))
  expect(await session.get(items)).toHaveLength(count)
  expect(fake.requests.length).toBeGreaterThan(MOST)
  expect(most).toBe(MOST)
})
