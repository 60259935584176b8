/** Whether a value has the form of a credential of some targets: one word, made where the value is. */
import type { Form } from '../../policy/fetched.ts'
import type { Sheet } from '../../gateway/sheet.ts'

/** `undefined` where the forms say neither. */
export type JudgeForm = (value: Buffer, targets: readonly string[]) => Form | undefined

/**
 * Patterns are tried on strings, and no wipe reaches one. Only an audit asks for this: nothing is
 * delivered by the process that answers it, and it exits with its answer.
 */
export async function formJudge({ items }: Sheet): Promise<JudgeForm> {
  if (items.every(({ targets }) => targets === undefined)) return () => undefined
  const { fitsAny } = await import('../../targets/detect.ts')
  return (value, targets) => {
    const fit = fitsAny(targets, value.toString('latin1'))
    return fit === 'unknown' ? undefined : fit
  }
}
