/** Where a new value comes in that a person brings: fd 4, the stdin of whoever runs the command. */
import { CANCELLING } from '../../gateway/input/set-words.ts'
import type { RotationOrder } from '../../gateway/rotate/words.ts'
import type { Input } from '../setter/input.ts'
import { readValue } from '../setter/read.ts'

const BROUGHT = 4

/**
 * @param gone aborts when control goes away
 * @returns reads it; a second time nothing is left to be read
 */
export function inputOf(
  { ref, pasteMarks }: NonNullable<RotationOrder['input']>,
  gone: AbortSignal,
): () => Promise<Input> {
  const signalled = new AbortController()
  // We are in the terminal's foreground group: what we are at is finished, and only the prompt ends.
  for (const signal of CANCELLING) process.on(signal, () => signalled.abort(signal))
  // A prompt that cannot be shown is no reason to fail.
  process.stderr.on('error', () => {})
  const cancel = AbortSignal.any([signalled.signal, gone])
  let taken = false
  return async () => {
    if (taken) return { kind: 'cancelled' }
    taken = true
    return readValue({ ref, asks: 'new value', pasteMarks }, cancel, BROUGHT)
  }
}
