/**
 * The `aws-ssm` provider: the Parameter Store of AWS Systems Manager, by AWS's own SDK and its
 * credential chain. Refs of one parameter cost one read, and ten parameters one call.
 *
 * The SDK makes strings of what it reads and stores. Here they become bytes at once; the strings end
 * with this process, which is one of the value wing and short-lived.
 */
import { COMMON_OPTIONS, readOptions, VARIABLES } from './aws/options.ts'
import { parameterPage } from './aws/parameter-list.ts'
import { connectParameterStore, parameters, type Sdk, type SSMClient } from './aws/parameter.ts'
import { parameterHistory, promoteParameter, putParameter } from './aws/parameter-write.ts'
import { openAws, type Service } from './aws/session.ts'
import type { Provider } from './contract.ts'

const service: Service<Sdk, SSMClient> = {
  ...parameters,
  words: { service: 'the Parameter Store', listRight: 'ssm:DescribeParameters' },
  put: putParameter,
  promote: promoteParameter,
  history: parameterHistory,
  page: parameterPage,
}

export const provider: Provider = {
  spec: {
    type: 'aws-ssm',
    summary:
      'The Parameter Store of AWS Systems Manager, by AWS’s own SDK (npm install @aws-sdk/client-ssm).',
    options: { type: 'object', properties: COMMON_OPTIONS, additionalProperties: false },
    env: () => VARIABLES,
  },
  open: async (options, ctx) =>
    openAws(service, () => connectParameterStore(readOptions(options), ctx), ctx),
}
