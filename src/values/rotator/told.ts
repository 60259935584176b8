/**
 * What an action tells control goes into its log and its journal as it is. A service, a store or a program
 * that names a credential by its own value would have it told there: such a name does not leave.
 */
import type { Outside } from '../../gateway/rotate/words.ts'
import type { ProgramStep } from '../../rotation/program.ts'
import { holds } from '../secret/holds.ts'
import type { Done } from './done.ts'
import type { Work } from './work.ts'

type Order = Pick<Work['order'], 'driver' | 'rotation'>
/** Values that are known just now; what is absent is skipped. */
type Values = readonly (Buffer | undefined)[]

/** After which that is a refusal: what was made can be undone. Later it is only left out. */
export const STEPS: Readonly<Partial<Record<Outside, ProgramStep>>> = {
  stage: 'choose',
  create: 'create',
}

/** @returns what may be told: without such a name, and up to where it can be undone a refusal */
export function tellable(
  order: Order,
  action: Outside,
  { id, version, ...done }: Done,
  values: Values,
): Done {
  const [named, numbered] = [id, version].map((text) => heldBy(text, values))
  if (done.result === 'ok' && named === 'yes') {
    const step = STEPS[action]
    const refused = step && namedByValue(order, step)
    // What is rolled cannot be undone, as the old one ends by itself: it is noted, and goes on.
    if (refused !== undefined && order.rotation.class === 'roll') {
      const { code: _, ...noted } = refused
      return { ...noted, ...done }
    }
    if (refused !== undefined) return refused
  }
  // Who starts with that version would be refused it as well.
  if (done.result === 'ok' && numbered === 'yes' && action === 'promote') {
    return { result: 'refused', code: 'PROVIDER_INVALID', reason: 'refused-metadata' }
  }
  return {
    ...done,
    ...(id !== undefined && named === 'no' && { id }),
    ...(version !== undefined && numbered === 'no' && { version }),
  }
}

/** Whether one of the names that a service lists is a known value, or holds it. */
export function isNamedByValue(ids: readonly string[], values: Values): boolean {
  return ids.some((id) => heldBy(id, values) === 'yes')
}

/** @param step of a program; other drivers have none */
export function namedByValue({ driver }: Order, step: ProgramStep): Done {
  return {
    result: 'refused',
    code: 'PROVIDER_INVALID',
    reason: 'refused-metadata',
    service: true,
    ...(driver.type === 'exec' && { program: { step } }),
  }
}

function heldBy(text: string | undefined, values: Values): ReturnType<typeof holds> {
  if (text === undefined) return 'no'
  const found = new Set(values.map((value) => (value === undefined ? 'no' : holds(text, value))))
  if (found.has('yes')) return 'yes'
  return found.has('by-chance') ? 'by-chance' : 'no'
}
