/** Reads a value from the user's stdin: at a prompt where that is a terminal. */
import { isatty } from 'node:tty'
import { CANCELLING, type Cancelling } from '../../gateway/input/set-words.ts'
import type { Input } from './input.ts'
import { readPiped } from './piped.ts'
import { readTyped, type Prompt } from './typed.ts'

const STDIN = 0

/**
 * @param cancel ends the reading; its reason may be a signal
 * @param fd where the value comes in; closed afterwards
 */
export async function readValue(prompt: Prompt, cancel: AbortSignal, fd = STDIN): Promise<Input> {
  if (cancel.aborted) return { kind: 'cancelled' }
  return isatty(fd) ? readTyped(prompt, cancel, fd) : readPiped(cancel, fd)
}

/** What is reported of an input that was cancelled: by which signal, unless it was control itself. */
export function cancelledBy(
  { signal }: { signal?: Cancelling },
  cancel: AbortSignal,
): { type: 'cancelled'; signal?: Cancelling } {
  const by = signal ?? signalOf(cancel.reason)
  return by === undefined ? { type: 'cancelled' } : { type: 'cancelled', signal: by }
}

function signalOf(reason: unknown): Cancelling | undefined {
  return CANCELLING.find((signal) => signal === reason)
}
