/** One planned binding and what happened to it, for tests that change a field or two. */
import type { PlannedBinding } from '../../src/plan/types.ts'
import { routeOf } from '../../src/gateway/status.ts'
import type { GrantRow } from '../../src/state/grants.ts'

export function bindingOf(fields: Partial<PlannedBinding> = {}): PlannedBinding {
  return {
    agent: 'payment-analyst',
    tool: 'stripe-payment',
    slot: 'apiKey',
    ref: 'stripe-api-key',
    envVar: 'STRIPE_API_KEY',
    target: 'stripe',
    required: true,
    onFailure: 'deny-and-log',
    delivery: 'env',
    pathInEnvVar: false,
    chain: [{ provider: 'file', at: { path: '', field: 'stripe_api_key' } }],
    fallbackOn: ['unavailable'],
    route: 'refMap',
    ...fields,
  }
}

export function grantFor(binding: PlannedBinding, fields: Partial<GrantRow> = {}): GrantRow {
  return {
    config: '/somewhere/config.json',
    agent: binding.agent,
    envVar: binding.envVar,
    tool: binding.tool,
    ref: binding.ref,
    environment: 'default',
    outcome: 'injected',
    run: 'run-1',
    at: '2026-11-20T00:00:00.000Z',
    route: routeOf(binding),
    ...fields,
  }
}
