/**
 * Whose turn it is, where a provider's budget is too small for one look at everything. The state can be
 * made anew: without it a look begins with the same refs again, and says which it did not come to.
 */
import { SecretRefError } from '../../errors.ts'
import { keepLooks, lastLooks } from '../../state/looks.ts'
import type { Gateway } from '../gateway.ts'

/** @returns by ref, in milliseconds */
export function lastLookOf(gateway: Gateway, environment: string): ReadonlyMap<string, number> {
  try {
    return lastLooks(gateway.db, { config: gateway.loaded.path, environment })
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return new Map()
  }
}

/**
 * @param refs all of this look
 * @param unasked those that it did not come to
 */
export function keepTurns(
  gateway: Gateway,
  environment: string,
  {
    before,
    refs,
    unasked,
  }: {
    before: ReadonlyMap<string, number>
    refs: ReadonlySet<string>
    unasked: ReadonlySet<string>
  },
): void {
  const now = gateway.now().getTime()
  const looks = new Map<string, number>()
  for (const ref of refs) looks.set(ref, unasked.has(ref) ? (before.get(ref) ?? 0) : now)
  try {
    keepLooks(gateway.db, { config: gateway.loaded.path, environment }, looks)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    gateway.warn(`${error.message}: the next look may begin with the same refs`, error.hint)
  }
}
