/** Waits for what a resolver reports, and no longer than it may take. */
import { SecretRefError } from '../errors.ts'
import type { Fetched } from '../policy/fetched.ts'
import { settle } from './budget.ts'
import type { Gateway } from './gateway.ts'
import type { Resolver } from './resolver.ts'
import type { Sheet } from './sheet.ts'

/** A resolver keeps its deadline itself; one that is stopped, or hangs outside its loop, cannot. */
const GRACE_MS = 2000

/**
 * @throws TIMEOUT where the resolver does not answer, which is then killed; what `signal` was aborted
 *   with; what `Resolver.fetched` throws
 */
export async function answersOf(
  gateway: Gateway,
  resolver: Resolver,
  sheet: Sheet,
  signal: AbortSignal,
): Promise<readonly Fetched[]> {
  signal.throwIfAborted()
  const ended = Promise.withResolvers<never>()
  const stop = (): void => ended.reject(signal.reason)
  const timer = setTimeout(() => {
    resolver.kill()
    ended.reject(
      new SecretRefError('TIMEOUT', 'the resolver did not answer in time', {
        scope: 'provider',
        hint: 'nothing was delivered; look for a provider that hangs',
      }),
    )
  }, sheet.deadlineMs + GRACE_MS)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const fetched = await Promise.race([resolver.fetched(), ended.promise])
    settle(gateway, sheet, resolver.spent)
    return fetched
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
