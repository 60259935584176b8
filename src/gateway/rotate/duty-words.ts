/**
 * What a serving gateway says of the rotations that it does by itself. Where somebody has to know, it is in
 * the words of the alert: who has no channel for alerts reads them here.
 */
import { MOST_FAILURES, mostTries } from '../../rotation/machine.ts'
import { REASON_WORDS } from '../../rotation/reasons.ts'
import type { Rotation } from '../../rotation/types.ts'
import type { Say } from '../result.ts'
import type { Subject } from './subjects.ts'
import { reasonOf, standingOf, wordsOf, type CameTo } from './tell.ts'

export interface Said {
  level: Parameters<Say>[0]
  sentence: string
  hint?: string | undefined
  /** What is said in vain a second time: the same trouble at the same point, however often it was tried. */
  same: string
}

/** Where a rotation came to, and why it came no further. */
export function cameToInWords(subject: Subject, came: CameTo): Said {
  const { rotation, last, version } = came
  const { ref } = subject
  const { id, step, failures } = rotation
  const standing = standingOf(came)
  const why = reasonOf(subject, last)
  const code = last.code === undefined ? '' : ` [${last.code}]`
  const same = (text: string): string => `${id} ${standing} ${step} ${failures} ${text}`
  if (standing === 'done') {
    const to = version === undefined ? '' : `, version ${version} is current`
    const unseen = subject.guided && last.reason === 'unverified'
    const before = unseen ? 'is a person’s to end at its service' : 'is ended'
    return info(`${ref}: rotated${to}; the one before ${before}`, same(''))
  }
  if (standing === 'lives-on') {
    if (came.overdue === true) {
      const sentence = `${ref}: rotated; the one before, which is to end at once, is not ended yet${code}`
      return { level: 'warn', sentence, hint: why?.hint, same: same('') }
    }
    return info(`${ref}: rotated; the one before lives on for who holds it`, same(''))
  }
  if (standing === 'abandoned') {
    const how = rotation.reason === 'rolled-back' ? 'rolled back' : 'given up'
    if (!subject.guided) return info(`${ref}: rotation: ${how}; what was begun is undone`, same(''))
    const sentence = `${ref}: rotation: ${how}; what a person brought is theirs to end at its service`
    return { level: 'warn', sentence, same: same('') }
  }
  const words = wordsOf(rotation, standing, why, last.program !== undefined)
  if (words !== undefined) {
    const { severity, text, hint } = words
    const level = severity === 'critical' || standing === 'failed' ? 'error' : 'warn'
    return { level, sentence: `${text}${code}${nextOf(subject, came)}`, hint, same: same(text) }
  }
  const message = why?.message ?? (rotation.reason && REASON_WORDS[rotation.reason])
  if (message === undefined) return info(`${ref}: rotation: under way (${step})`, same(''))
  const sentence = `${ref}: rotation: not further than "${step}" for now: ${message}${code}; it is tried again`
  return { level: 'warn', sentence, hint: why?.hint, same: same(message) }
}

/** A try that failed, before the pause until the next one. */
export function triedInWords(
  subject: Subject,
  rotation: Rotation,
  last: CameTo['last'],
  seconds: number,
): Said {
  const { id, step, attempts, failures } = rotation
  const why = reasonOf(subject, last)
  const message = why?.message ?? 'it could not be done'
  const code = last.code === undefined ? '' : ` [${last.code}]`
  const most = mostTries(rotation, last.result ?? 'unknown')
  return {
    level: 'warn',
    sentence: `${subject.ref}: rotation: tried ${attempts} of ${most}: ${message}${code}; again in ${seconds} s`,
    hint: why?.hint,
    same: `${id} ${step} ${failures} ${message}`,
  }
}

function info(sentence: string, same: string): Said {
  return { level: 'info', sentence, same }
}

/** Of one that failed: what becomes of it by itself. */
function nextOf({ rotate }: Subject, came: CameTo): string {
  if (standingOf(came) !== 'failed') return ''
  const { step, failures } = came.rotation
  if (step === 'aborting') return '; what was begun is not undone yet, which is tried again'
  if (step !== 'planned') return '; it is undone, and tried again'
  const when = rotate.window === undefined ? 'within the hour' : 'when its window is open'
  return `; what was begun is undone, and it begins anew ${when} (failed ${failures} of ${MOST_FAILURES} times)`
}
