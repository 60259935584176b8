/** How a provider says what it found. The one place where a value is judged before it is handed on. */
import type { Failure, Meta, Outcome, Reason, Warning } from '../providers/contract.ts'
import { wipe } from './bytes.ts'
import { isPlaceholder } from './placeholder.ts'

export type FinalKind = Exclude<Failure['kind'], 'unavailable'>

/**
 * A value in own memory becomes an outcome, which owns it from here on. An empty one is a failure
 * (`SECRET_EMPTY`), one that looks like a placeholder carries a warning.
 */
export function found(value: Buffer, meta: Meta = {}): Outcome {
  if (value.length === 0) return final('malformed', 'SECRET_EMPTY', 'empty')
  if (!isPlaceholder(value)) return { kind: 'value', value, meta }
  const warning: Warning = { code: 'PLACEHOLDER_VALUE' }
  return { kind: 'value', value, meta: { ...meta, warnings: [...(meta.warnings ?? []), warning] } }
}

/** No chain goes past it. */
export function final(
  kind: FinalKind,
  code: Failure['code'],
  reason: Reason,
  place?: string,
): Failure {
  return place === undefined ? { kind, code, reason } : { kind, code, reason, place }
}

/** The provider could not be asked: the only failure that lets a chain go on. */
export function unavailable(
  reason: Reason,
  place?: string,
  code: Failure['code'] = 'PROVIDER_UNAVAILABLE',
): Failure {
  return place === undefined
    ? { kind: 'unavailable', code, reason }
    : { kind: 'unavailable', code, reason, place }
}

/** The deadline of the whole start has passed. */
export const timedOut: Failure = unavailable('timeout', undefined, 'TIMEOUT')

/** A session that was closed answers nothing, and finally so: no chain may go on because of a mistake of ours. */
export const closed: Failure = final('malformed', 'PROVIDER_INVALID', 'closed')

/**
 * `work`, or `timedOut` for every item as soon as `signal` aborts. Work that ends after that is
 * wiped: nobody is there any more to own its values.
 *
 * @param count how many items the batch has
 */
export async function untilAborted(
  signal: AbortSignal,
  count: number,
  work: () => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const tooLate = (): readonly Outcome[] => Array.from({ length: count }, () => timedOut)
  if (signal.aborted) return tooLate()
  const aborted = Promise.withResolvers<'aborted'>()
  const abort = (): void => aborted.resolve('aborted')
  signal.addEventListener('abort', abort, { once: true })
  try {
    const running = work()
    const first = await Promise.race([running, aborted.promise])
    if (first !== 'aborted') return first
    // What it throws by then is a bug that no one can be told of.
    running.then(wipeOutcomes, () => {})
    return tooLate()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export function wipeOutcomes(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) if (outcome.kind === 'value') wipe(outcome.value)
}
