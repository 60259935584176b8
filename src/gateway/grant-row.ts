/** What one result means for `gateway status`. */
import type { GrantRow } from '../state/grants.ts'
import type { Gateway } from './gateway.ts'
import type { Result } from './result.ts'
import { routeOf } from './status.ts'

export function grantOf(
  gateway: Gateway,
  run: string,
  environment: string,
  { binding, decision, fetched }: Result,
  outcome: 'injected' | 'ready',
): GrantRow {
  const value = fetched?.outcome === 'value' ? fetched : undefined
  return {
    config: gateway.loaded.path,
    agent: binding.agent,
    envVar: binding.envVar,
    tool: binding.tool,
    ref: binding.ref,
    environment,
    outcome: decision.allow ? outcome : 'denied',
    run,
    // Of a last good value: when it was read, and why it could not be read since.
    at: value?.stale ?? gateway.now().toISOString(),
    route: routeOf(binding),
    ...(decision.allow ? {} : { code: decision.code }),
    ...(value?.stale === undefined ? {} : { code: value.passed.at(-1)?.code ?? 'TIMEOUT' }),
    ...(value && { provider: value.provider, fingerprint: value.fingerprint }),
    ...(value?.version && { version: value.version }),
    ...(decision.expiresAt && { expiresAt: decision.expiresAt }),
  }
}
