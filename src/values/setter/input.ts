/** What comes in on stdin: a value, or why it is none. */
import type { Cancelling, InputFault } from '../../gateway/input/set-words.ts'

/** No secret is larger. */
export const MAX_VALUE_BYTES = 1024 * 1024

/** The value is in own memory and belongs to the caller, who wipes it. */
export type Input =
  | { kind: 'value'; value: Buffer }
  | { kind: 'refused'; fault: InputFault }
  | { kind: 'cancelled'; signal?: Cancelling }

export function refused(fault: InputFault): Input {
  return { kind: 'refused', fault }
}
