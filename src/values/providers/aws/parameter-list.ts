/** Names in the Parameter Store, a page at a time; never a value. */
import type { Answer } from './connection.ts'
import { ask } from './connection.ts'
import type { ParameterStore } from './parameter.ts'
import type { Page } from './session.ts'

export async function parameterPage(
  aws: ParameterStore,
  prefix: string,
  next: string | undefined,
): Promise<Answer<Page>> {
  const filter = { Key: 'Name', Option: 'BeginsWith', Values: [prefix] }
  const input = {
    ...(prefix === '' ? {} : { ParameterFilters: [filter] }),
    ...(next === undefined ? {} : { NextToken: next }),
  }
  const answer = await ask(aws, () => aws.client.send(new aws.sdk.DescribeParametersCommand(input)))
  if (answer.kind !== 'answer') return answer
  const { Parameters = [], NextToken } = answer.output
  const entries = Parameters.map(({ Name, Version }) => ({
    name: Name,
    meta: Version === undefined ? {} : { version: String(Version) },
  }))
  return { kind: 'answer', output: { entries, next: NextToken } }
}
