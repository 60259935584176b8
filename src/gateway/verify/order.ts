/** The order for one verifier: each value is fetched once, whatever it is needed for. */
import type { PlannedBinding } from '../../plan/types.ts'
import type { Gateway } from '../gateway.ts'
import { makeSheet } from '../make-sheet.ts'
import { CALL_TIMEOUT_MS, type Call, type Order } from './words.ts'
import { valueKey, type Group } from './groups.ts'

/**
 * @param leftMs for all calls, however many there are
 * @returns the order, and what is on its sheet
 */
export function orderOf(
  gateway: Gateway,
  run: string,
  groups: readonly Group[],
  { concurrency, leftMs }: { concurrency: number; leftMs: number },
): { order: Order; asked: readonly PlannedBinding[] } {
  const items: PlannedBinding[] = []
  const index = new Map<string, number>()
  const itemOf = (binding: PlannedBinding): number => {
    const key = valueKey(binding)
    const known = index.get(key) ?? items.push(binding) - 1
    index.set(key, known)
    return known
  }
  const calls = groups.map(({ binding, way }): Call => {
    const { recipe, service, baseUrl, companions, settings } = way
    return {
      item: itemOf(binding),
      recipe,
      service,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      companions: Object.fromEntries(
        Array.from(companions, ([name, other]) => [name, itemOf(other)]),
      ),
      settings,
    }
  })
  const [first] = groups
  if (first === undefined) throw new TypeError('an order without a call')
  const rounds = Math.ceil(calls.length / concurrency)
  const about = { run, plan: first.plan, command: [], inherit: [] }
  const sheet = makeSheet(gateway, about, items, undefined)
  const deadlineMs = Math.ceil(Math.min(rounds * CALL_TIMEOUT_MS, leftMs))
  return { order: { v: 1, sheet, calls, concurrency, deadlineMs }, asked: items }
}
