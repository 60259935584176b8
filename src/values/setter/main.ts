/**
 * The setter: a process for one value. It takes an instruction, reads the value from stdin or at a
 * prompt, stores it, reports metadata and exits.
 *
 * fd 0 the user's own stdin · fd 1 discarded · fd 2 the user's, for the prompt · fd 3 to control and back.
 * Started with an empty environment and our own absolute file, in the terminal's foreground group.
 */
import { CANCELLING, type Instruction, type Report } from '../../gateway/input/set-words.ts'
import { SecretRefError } from '../../errors.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Control } from './control.ts'
import { cancelledBy, readValue } from './read.ts'
import { store } from './store.ts'

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const signalled = new AbortController()
  for (const signal of CANCELLING) process.on(signal, () => signalled.abort(signal))
  // A prompt that cannot be shown is no reason to fail.
  process.stderr.on('error', () => {})
  const control = new Control<Instruction, Report>()
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
  const input = await readValue(instruction, cancel)
  if (input.kind === 'refused') return { type: 'refused', fault: input.fault }
  if (input.kind === 'cancelled') return cancelledBy(input, cancel)
  try {
    // From here on a signal changes nothing: a write that has begun is finished and told.
    return await store(instruction, input.value, fingerprint)
  } finally {
    wipe(input.value)
  }
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being stored. Without a report, control says that we failed.
  () => process.exit(1),
)
