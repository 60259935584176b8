/**
 * The finder: a process for one value. It reads the value from stdin or at a prompt, reports its
 * fingerprint and exits. It looks at no log: what it reports tells nothing to whoever lacks the key.
 *
 * fd 0 the user's own stdin · fd 1 discarded · fd 2 the user's, for the prompt · fd 3 to control and back.
 * Started with an empty environment and our own absolute file, in the terminal's foreground group.
 */
import { SecretRefError } from '../../errors.ts'
import type { Answer, Question } from '../../gateway/input/find-words.ts'
import { CANCELLING } from '../../gateway/input/set-words.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Control } from '../setter/control.ts'
import { cancelledBy, readValue } from '../setter/read.ts'

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const signalled = new AbortController()
  for (const signal of CANCELLING) process.on(signal, () => signalled.abort(signal))
  // A prompt that cannot be shown is no reason to fail.
  process.stderr.on('error', () => {})
  const control = new Control<Question, Answer>()
  const question = await control.instruction()
  if (question === undefined) return
  const cancel = AbortSignal.any([signalled.signal, control.gone])
  await control.report(await answerTo(question, cancel))
}

async function answerTo(question: Question, cancel: AbortSignal): Promise<Answer> {
  let fingerprint: Fingerprint
  try {
    // Before anything is typed: with a key that cannot be used, it would have been typed in vain.
    fingerprint = fingerprinter(question.fingerprintKey)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return { type: 'failed', code: error.code }
  }
  const input = await readValue(question, cancel)
  if (input.kind === 'refused') return { type: 'refused', fault: input.fault }
  if (input.kind === 'cancelled') return cancelledBy(input, cancel)
  try {
    return { type: 'fingerprint', fingerprint: fingerprint(input.value) }
  } finally {
    wipe(input.value)
  }
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being read. Without an answer, control says that we failed.
  () => process.exit(1),
)
