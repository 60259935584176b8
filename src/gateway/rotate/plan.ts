/** What is to be rotated now: what was begun and is not over, and what is due. */
import type { DatabaseSync } from 'node:sqlite'
import { providersOf } from '../../config/accessors.ts'
import { planner } from '../../plan/plan.ts'
import type { Due } from '../../rotation/due.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journal.ts'
import { userHome } from '../../state/home.ts'
import type { Gateway } from '../gateway.ts'
import { currentOf, type Current } from './ages.ts'
import { chosen, dueNow, type Asked, type Chosen } from './choose.ts'
import { subjectsOf, type NoSubject, type Subject } from './subjects.ts'

export type Planned =
  | { kind: 'cannot'; subject: NoSubject }
  | {
      kind: 'can'
      subject: Subject
      current: Current
      due: Due
      /** It was begun, and is not over, or waits for a person. */
      open?: Journalled
      /** Whether there is something to do now. */
      todo: boolean
    }

export interface PlanRequest {
  /** As asked for; left out: the configured one. */
  environment?: string | undefined
  chosen: Chosen
  asked: Asked
  /** Refs whose config says nothing of rotation are left out. */
  ruledOnly?: boolean
}

/**
 * Reads the metadata of each ref once, on record.
 *
 * @param db the journal
 * @throws ENVIRONMENT_UNKNOWN, USAGE, REF_UNKNOWN, STATE_UNAVAILABLE, AUDIT_UNAVAILABLE
 */
export async function planRotations(
  gateway: Gateway,
  db: DatabaseSync,
  { environment, chosen: words, asked, ruledOnly }: PlanRequest,
): Promise<{ planned: Planned[]; byStore: boolean }> {
  const { config, dir, path } = gateway.loaded
  const planned = planner({ config, configDir: dir, userHome: userHome(gateway.env), environment })
  const all = subjectsOf(config, planned, environment)
  const open = new Map(
    openRotationsOf(db, path).map((one) => [JSON.stringify([one.environment, one.ref]), one]),
  )
  const openOf = (one: Subject): Journalled | undefined =>
    open.get(JSON.stringify([one.environment, one.ref]))
  const ruled = all.filter(
    (one) => ruledOnly !== true || ('rotate' in one && (isRuled(one) || openOf(one) !== undefined)),
  )
  const { subjects, byStore } = chosen(ruled, words, [...providersOf(config).keys()])
  const current = await currentOf(
    gateway,
    subjects.filter((one) => 'step' in one),
  )
  const now = gateway.now()
  return {
    byStore,
    planned: subjects.map((subject): Planned => {
      if (!('step' in subject)) return { kind: 'cannot', subject }
      const known = current.get(subject.ref)
      if (known === undefined) throw new TypeError('every ref is answered')
      const due = dueNow(subject, known, asked, now)
      const running = openOf(subject)
      const begun = running !== undefined && running.step !== 'stuck' && running.step !== 'planned'
      const starts = due.kind === 'due' && due.start <= now && running?.step !== 'stuck'
      const pausing = !asked.force && running?.notBefore !== undefined && running.notBefore > now
      return {
        kind: 'can',
        subject,
        current: known,
        due,
        ...(running === undefined ? {} : { open: running }),
        todo: !pausing && (begun || starts),
      }
    }),
  }
}

function isRuled({ rotate: { before, every } }: Subject): boolean {
  return before !== undefined || every !== undefined
}
