/** Of rotations under way: the last answer that took them no further, and what is said of it. */
import type { DatabaseSync } from 'node:sqlite'
import type { Explanation } from '../../policy/explain.ts'
import { answerOf, type Answer } from '../../rotation/answers.ts'
import type { Journalled } from '../../rotation/journalled.ts'
import { fits, subjectsIn, type Where } from './gone.ts'
import type { NoSubject, Subject } from './subjects.ts'
import { reasonOf } from './tell.ts'
import { OUTSIDE } from './words.ts'

export interface Answered {
  answer: Answer
  /** Left out where there is no more to say than what it did, and where the config has cut it off. */
  why?: Explanation
}

/** By id; those whose last step went well are not in it. @throws STATE_UNAVAILABLE */
export function answeredOf(
  where: Where,
  db: DatabaseSync,
  rotations: readonly Journalled[],
): ReadonlyMap<string, Answered> {
  const found = new Map<string, Answered>()
  for (const [environment, all] of Map.groupBy(rotations, (one) => one.environment)) {
    const answered = all.flatMap((one) => {
      const answer = answerOf(db, one.id)
      return answer === undefined ? [] : [{ one, answer }]
    })
    if (answered.length === 0) continue
    const subjects = new Map(subjectsIn(where, environment).map((one) => [one.ref, one]))
    for (const { one, answer } of answered) {
      found.set(one.id, explained(subjects.get(one.ref), one, answer))
    }
  }
  return found
}

/** @param subject its ref, as the config has it now */
export function explained(
  subject: Subject | NoSubject | undefined,
  one: Journalled,
  answer: Answer,
): Answered {
  const did = OUTSIDE.find((action) => action === answer.did)
  const here = did !== undefined && subject !== undefined && 'step' in subject
  const why = here && fits(one, subject) ? reasonOf(subject, { ...answer, did }) : undefined
  return { answer, ...(why === undefined ? {} : { why }) }
}
