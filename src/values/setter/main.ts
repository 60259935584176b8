/**
 * The setter: a process for one value. It takes an instruction, reads the value from stdin or at a
 * prompt, stores it, reports metadata and exits.
 *
 * fd 0 the user's own stdin · fd 1 discarded · fd 2 the user's, for the prompt · fd 3 to control and back.
 * Started with an empty environment and our own absolute file, in the terminal's foreground group.
 */
import { isatty } from 'node:tty'
import {
  CANCELLING,
  type Cancelling,
  type Instruction,
  type Report,
} from '../../gateway/instruction.ts'
import { SecretRefError } from '../../errors.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Control } from './control.ts'
import type { Input } from './input.ts'
import { readPiped } from './piped.ts'
import { store } from './store.ts'
import { readTyped } from './typed.ts'

const STDIN = 0

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const signalled = new AbortController()
  for (const signal of CANCELLING) process.on(signal, () => signalled.abort(signal))
  // A prompt that cannot be shown is no reason to fail.
  process.stderr.on('error', () => {})
  const control = new Control()
  const instruction = await control.instruction()
  if (instruction === undefined) return
  const cancel = AbortSignal.any([signalled.signal, control.gone])
  await control.report(await set(instruction, cancel))
}

async function set(instruction: Instruction, cancel: AbortSignal): Promise<Report> {
  let fingerprint: Fingerprint
  try {
    // Before anything is typed: with a key that cannot be used, it would have been typed in vain.
    fingerprint = fingerprinter(instruction.fingerprintKey)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return { type: 'failed', what: 'no-key', code: error.code }
  }
  const input = await read(instruction, cancel)
  if (input.kind === 'refused') return { type: 'refused', fault: input.fault }
  if (input.kind === 'cancelled') {
    const signal = input.signal ?? signalOf(cancel.reason)
    return { type: 'cancelled', ...(signal === undefined ? {} : { signal }) }
  }
  try {
    // From here on a signal changes nothing: a write that has begun is finished and told.
    return await store(instruction, input.value, fingerprint)
  } finally {
    wipe(input.value)
  }
}

async function read(instruction: Instruction, cancel: AbortSignal): Promise<Input> {
  if (cancel.aborted) return { kind: 'cancelled' }
  return isatty(STDIN) ? readTyped(instruction, cancel) : readPiped(cancel)
}

/** `undefined` where it was control that cancelled. */
function signalOf(reason: unknown): Cancelling | undefined {
  return CANCELLING.find((signal) => signal === reason)
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being stored. Without a report, control says that we failed.
  () => process.exit(1),
)
