/** Why a rotation stopped, in words, and what helps one that is left to a person. Pure. */
import { MOST_FAILURES } from './machine.ts'
import type { Rotation, RotationReason } from './types.ts'

export const REASON_WORDS: Readonly<Record<RotationReason, string>> = {
  refused: 'the service refused',
  unavailable: 'the service could not be asked',
  'current-changed': 'somebody else changed the value',
  'orphan-possible': 'a credential may live at the service that nobody knows',
  'not-undone': 'what was begun could not be undone',
  abandoned: 'given up',
  'rolled-back': 'the old value was wanted back',
}

/** Why one stopped: of one that a person wanted undone, why that did. */
export function stoppedBy({
  step,
  reason,
  orphanPossible,
}: Pick<Rotation, 'step' | 'reason' | 'orphanPossible'>): RotationReason | undefined {
  if (step !== 'stuck' || (reason !== 'abandoned' && reason !== 'rolled-back')) return reason
  return orphanPossible ? 'orphan-possible' : 'not-undone'
}

/** Those that any answer can lead to say less than the answer. @param met what its last answer said */
export function whyInWords(
  reason: RotationReason | undefined,
  met: string | undefined,
): string | undefined {
  const coarse = reason === undefined || reason === 'refused' || reason === 'unavailable'
  return coarse && met !== undefined ? met : reason && REASON_WORDS[reason]
}

interface About extends Pick<Rotation, 'failures'>, Partial<Pick<Rotation, 'class'>> {
  ref: string
  reason?: RotationReason | undefined
}

/**
 * Of one that is stuck, by what has stopped it: what a person does, with the command that goes on from there. Giving it up helps
 * one alone: where the old value was put back, to go on would be to end what is in use.
 */
export function helpOf({ ref, reason, failures, class: kind }: About): string {
  const resume = `secretref secrets rotation resume ${ref}`
  switch (reason) {
    case 'current-changed':
      return failures < MOST_FAILURES
        ? `run: secretref secrets rotation abandon ${ref}; what is current stays, and the value that was made is yours to end at its service`
        : `see who changes it, then run: ${resume}`
    case 'orphan-possible':
      return kind === 'roll'
        ? `its service ends what is current by itself: have one made there, run: secretref secrets set ${ref}, then: secretref secrets rotation abandon ${ref}`
        : `end at its service what was made then and nobody uses, then run: ${resume}`
    // What a person wanted undone is stuck by that.
    case 'abandoned':
    case 'rolled-back':
    case 'not-undone':
      return `see that its service takes it back, then run: ${resume}; do not abandon it`
    case 'refused':
    case 'unavailable':
    case undefined:
      return `mend what its last try met, then run: ${resume}`
    default:
      throw new TypeError(`a reason without help: ${String(reason satisfies never)}`)
  }
}
