/** Control's end of a finder: it reads a value that has leaked, and only its fingerprint comes back. */
import type { Answer, Question } from './find-words.ts'
import { CANCELLING, INPUT_FAULTS } from './set-words.ts'
import { codeOf, FINGERPRINT, matching, objectIn } from '../metadata.ts'
import { MAX_REPORT_BYTES, startValueInput, type ValueInput } from './value-input.ts'

export function startFinder(question: Question): ValueInput<Answer> {
  return startValueInput('finder', question, parseAnswer)
}

/**
 * @param text what a finder sent
 * @returns `undefined` where that breaks the contract
 */
export function parseAnswer(text: string): Answer | undefined {
  const parsed = objectIn(text, MAX_REPORT_BYTES)
  if (parsed === undefined) return undefined
  const { type } = parsed
  if (type === 'fingerprint') {
    const fingerprint = matching(parsed['fingerprint'], FINGERPRINT)
    return fingerprint === undefined ? undefined : { type, fingerprint }
  }
  if (type === 'refused') {
    const fault = INPUT_FAULTS.find((known) => known === parsed['fault'])
    return fault && { type, fault }
  }
  if (type === 'failed') {
    const code = codeOf(parsed['code'])
    return code && { type, code }
  }
  if (type !== 'cancelled') return undefined
  const signal = CANCELLING.find((known) => known === parsed['signal'])
  return signal === undefined ? { type } : { type, signal }
}
