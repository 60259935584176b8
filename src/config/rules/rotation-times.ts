/** When a ref is rotated: times that contradict each other, and an end that nobody states. Pure. */
import { ROTATION_DRIVERS } from '../drivers.generated.ts'
import { agentsOf, slotsOf, type PlacedRef } from '../accessors.ts'
import { millisecondsOf } from '../names.ts'
import { invalid } from '../problems.ts'
import type { Config, Problem } from '../types.ts'

type Rotate = NonNullable<PlacedRef['entry']['rotate']>

export function* judgeTimes(
  config: Config,
  { ref, entry, at: place }: PlacedRef,
  rotate: Rotate,
): Generator<Problem> {
  const at = [...place, 'rotate']
  const [every, before, grace] = [rotate.every, rotate.before, rotate.grace].map((written) =>
    typeof written === 'string' ? millisecondsOf(written) : undefined,
  )
  if (every !== undefined && before !== undefined && before >= every) {
    yield invalid(
      [...at, 'before'],
      '"before" is not shorter than "every": a value that ends within it would be due as soon as it is there',
      'make "before" shorter, or leave one of the two out',
    )
  }
  if (every !== undefined && grace !== undefined && grace > every) {
    yield {
      ...invalid(
        [...at, 'grace'],
        '"grace" is longer than "every": the next rotation waits until the old value of this one is ended',
        'make "grace" shorter than "every"',
      ),
      severity: 'warning',
    }
  }
  if (before === undefined || every !== undefined || mayHaveAnEnd(rotate)) return
  const stated = entry.expiresAt !== undefined || boundEnd(config, ref)
  if (stated) return
  yield {
    ...invalid(
      [...at, 'before'],
      'nobody states an end of this value, so "before" makes nothing due, unless its store states one',
      'add "every", such as "90d"; or state its "expiresAt"',
    ),
    severity: 'warning',
  }
}

/** What its own service ends, and may say so when it is asked. */
function mayHaveAnEnd({ driver }: Rotate): boolean {
  if (typeof driver !== 'string' || driver === 'exec') return true
  return ROTATION_DRIVERS[driver]?.guided === true
}

function boundEnd(config: Config, ref: string): boolean {
  return [...agentsOf(config).values()]
    .flatMap(slotsOf)
    .some(({ credential }) => credential.secretRef === ref && credential.expiresAt !== undefined)
}
