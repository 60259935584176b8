/** Names in Secrets Manager, a page at a time; never a value. */
import type { Answer } from './connection.ts'
import { ask } from './connection.ts'
import type { SecretsManager } from './secret.ts'
import type { Page } from './session.ts'

export async function secretPage(
  aws: SecretsManager,
  prefix: string,
  next: string | undefined,
): Promise<Answer<Page>> {
  const input = {
    ...(prefix === '' ? {} : { Filters: [{ Key: 'name' as const, Values: [prefix] }] }),
    ...(next === undefined ? {} : { NextToken: next }),
  }
  const answer = await ask(aws, () => aws.client.send(new aws.sdk.ListSecretsCommand(input)))
  if (answer.kind !== 'answer') return answer
  const { SecretList = [], NextToken } = answer.output
  const entries = SecretList.map(({ Name, CreatedDate }) => ({
    name: Name,
    meta: CreatedDate === undefined ? {} : { createdAt: CreatedDate },
  }))
  return { kind: 'answer', output: { entries, next: NextToken } }
}
