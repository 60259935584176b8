/** What a person has to know, or to do, after a rotation came to where it is. */
import type { Alert } from '../../alerts/types.ts'
import { explainFailure, type Explanation } from '../../policy/explain.ts'
import { explainBrought } from '../../policy/explain-brought.ts'
import { explainProgram } from '../../policy/explain-program.ts'
import { explainService } from '../../policy/explain-service.ts'
import type { Gateway } from '../gateway.ts'
import { helpOf, REASON_WORDS, stoppedBy, whyInWords } from '../../rotation/reasons.ts'
import { raiseAlert } from '../alert/raise.ts'
import type { Rotated } from './rotate.ts'
import type { Subject } from './subjects.ts'
import type { Did } from './words.ts'

export type CameTo = Extract<Rotated, { kind: 'came-to' }>

/**
 * `done`: the old one is ended. `lives-on`: the new one is current, and the old one waits for who holds it.
 * `not-ended`: the same, and it could not be ended when it was time. `bring`: a person must bring a new
 * value. `expire`: a person must end the old one. `again`: it is tried again later. `failed`: undone, and
 * tried again later. `stuck`: left to a person.
 */
export type Standing =
  | 'done'
  | 'lives-on'
  | 'not-ended'
  | 'bring'
  | 'expire'
  | 'again'
  | 'failed'
  | 'stuck'
  | 'abandoned'

export function standingOf({
  rotation: { step, attempts, failures, class: kind },
  last,
}: CameTo): Standing {
  const waiting = last.result === 'waiting'
  if (step === 'done' || step === 'stuck' || step === 'abandoned') return step
  if (step === 'distributed') return attempts > 0 ? 'not-ended' : 'lives-on'
  // A program of the driver `exec` may wait for a person too, whatever its class.
  if (step === 'creating' || step === 'intent') return waiting ? 'bring' : 'again'
  // What was rolled ends by itself, when its overlap is over.
  if (step === 'retired' && waiting) return kind === 'roll' ? 'lives-on' : 'expire'
  if (step === 'retired') return 'again'
  return step === 'failed' || step === 'aborting' || failures > 0 ? 'failed' : 'again'
}

/** Why it did not get further, and what to do about it; `undefined` where nothing went wrong. */
export function reasonOf(subject: Subject, last: Partial<Did>): Explanation | undefined {
  const { code, reason, whose } = last
  if (code === undefined && reason === undefined) return undefined
  const { ref, step, provider, driver, guided, rotate } = subject
  if (reason === 'still-valid' && subject.class === 'roll') {
    return {
      message: `"${ref}" is replaced, and its old value ends by itself`,
      hint: 'nobody has to do anything; the next look sees its end, and ends the rotation',
    }
  }
  const unwritten = last.did === 'promote' || last.did === 'discard'
  if (unwritten && reason === 'not-permitted' && last.service !== true) {
    return {
      message: `"${ref}" in provider "${step.provider}" may not be written`,
      hint: 'give this user the right to write it; what was begun is kept until then, or undone',
    }
  }
  const brought = guided && whose === 'new' ? explainBrought(ref, reason) : undefined
  if (brought !== undefined) return brought
  if (last.did === 'retire' && whose === 'new' && code === 'CREDENTIAL_REJECTED') {
    return {
      message: `the service of "${ref}" refuses what is current, and so the old value was not ended`,
      hint: `see who has set it: secretref secrets history ${ref}; set one that works: secretref secrets set ${ref}`,
    }
  }
  const { command } = subject.options
  if (last.program !== undefined && typeof command === 'string') {
    const about = { ref, command, code: code ?? 'INTERNAL', reason, whose, admin: rotate.admin }
    return explainProgram({ ...about, result: last.result ?? 'unknown', program: last.program })
  }
  if (last.service === true || whose !== undefined) {
    const why = explainService({
      ref,
      driver,
      code: code ?? 'INTERNAL',
      reason,
      whose,
      admin: rotate.admin,
    })
    const kept = guided && whose === 'new' && last.did !== 'create'
    return kept ? { ...why, hint: KEPT } : why
  }
  return explainFailure({
    ref,
    envVar: ref,
    code: code ?? 'INTERNAL',
    reason,
    provider: step.provider,
    providerType: provider.type,
  })
}

/** What a person brought, where its service could not be asked about it. */
const KEPT =
  'what was brought is kept, and tried again by the next run: nobody has to bring it again'

/** An alert where somebody has to do something; nothing where it goes on by itself. */
export async function alertOf(gateway: Gateway, subject: Subject, came: CameTo): Promise<boolean> {
  const { ref, environment } = subject
  const byProgram = came.last.program !== undefined
  const rotation = { ...came.rotation, reason: stoppedBy(came.rotation) }
  const alert = wordsOf(rotation, standingOf(came), reasonOf(subject, came.last), byProgram)
  if (alert === undefined) return false
  await raiseAlert(gateway, alertOfRotation(alert, { ref, environment, at: gateway.now() }))
  return true
}

export function alertOfRotation(
  words: AlertWords,
  { ref, environment, at }: { ref: string; environment: string; at: Date },
): Alert {
  return { ...words, environment, ref, key: `${words.event}:${environment}:${ref}`, at }
}

/** A person has to bring a new value. */
export function bringWords(ref: string): AlertWords {
  return {
    event: 'rotation.guided',
    severity: 'warning',
    text: `${ref} is to be replaced, and a person has to bring the new value`,
    hint: `make it at the service, then: secretref secrets rotate --ref ${ref} --force`,
  }
}

type AlertWords = Pick<Alert, 'event' | 'severity' | 'text' | 'hint'>

/**
 * What is told of it elsewhere; `undefined` where it goes on by itself.
 *
 * @param byProgram a program of the driver `exec` waits, for what it knows itself
 */
export function wordsOf(
  rotation: Parameters<typeof helpOf>[0],
  standing: Standing,
  why: Explanation | undefined,
  byProgram = false,
): AlertWords | undefined {
  const { ref, reason } = rotation
  const message = why?.message ?? (reason && REASON_WORDS[reason])
  if (standing === 'bring') {
    const words = bringWords(ref)
    const waits = byProgram && why !== undefined
    return waits
      ? { ...words, text: `${ref} is to be replaced: ${why.message}`, hint: why.hint }
      : words
  }
  if (standing === 'not-ended') {
    return {
      event: 'rotation.failed',
      severity: 'warning',
      text: `${ref} was replaced, and the old value is not ended: ${message ?? 'it did not work'}`,
      hint: why?.hint ?? 'the next run tries it again',
    }
  }
  if (standing === 'expire') {
    return {
      event: 'rotation.guided',
      severity: 'warning',
      text: `${ref} was replaced, and the old value still works`,
      hint: 'expire it at its service; the next run sees that and ends the rotation',
    }
  }
  if (standing === 'failed') {
    return {
      event: 'rotation.failed',
      severity: 'warning',
      text: `${ref} was not replaced: ${message ?? 'it did not work'}`,
      ...(why === undefined ? {} : { hint: why.hint }),
    }
  }
  if (standing !== 'stuck') return undefined
  return {
    event: 'rotation.stuck',
    severity: 'critical',
    text: `the rotation of ${ref} is stuck: ${whyInWords(reason, why?.message) ?? 'it was tried too often'}`,
    hint: helpOf(rotation),
  }
}
