/** How often a rotator may ask providers that have a call budget: it is counted as everybody else is. */
import { providersOf } from '../../config/accessors.ts'
import { counting, takeUnsettled } from '../budget.ts'
import type { Gateway } from '../gateway.ts'
import type { Subject } from './subjects.ts'
import type { Did, RotationOrder } from './words.ts'

/**
 * One action, and what it asks of the ref's own store.
 *
 * @param does gets the calls that it may make; nothing where nobody counts them
 * @throws STATE_UNAVAILABLE: calls that cannot be counted are not made
 */
export function countedAction(
  {
    home,
    loaded,
    now,
  }: Pick<Gateway, 'home' | 'now'> & { loaded: Pick<Gateway['loaded'], 'path'> },
  { step, provider: configured }: Pick<Subject, 'step' | 'provider'>,
  does: (calls?: number) => Promise<Did>,
): Promise<Did> {
  const one = { home, config: loaded.path, provider: step.provider, configured, now }
  return counting(one, does, ({ spent }) => spent)
}

/**
 * The order of a rotator that begins, with the calls to fetch the credential by which its driver acts. It
 * may fetch that again as long as it lives: all of them count.
 *
 * @throws STATE_UNAVAILABLE
 */
export function withAdminCalls(
  gateway: Pick<Gateway, 'db' | 'loaded' | 'now'>,
  order: RotationOrder,
): RotationOrder {
  const { admin } = order
  const configured = admin && providersOf(gateway.loaded.config).get(admin.provider)
  if (admin === undefined || configured === undefined) return order
  const calls = takeUnsettled(gateway, admin.provider, configured)
  return calls === undefined ? order : { ...order, admin: { ...admin, calls } }
}
