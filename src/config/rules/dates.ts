/** Dates: that there is such a day, and whether it has passed. Pure. */
import { agentsOf, placedRefs, slotsOf } from '../accessors.ts'
import { parseDate } from '../dates.ts'
import { invalid, type At } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath, slotPath } from './paths.ts'

interface Dated {
  expiresAt?: string | undefined
  deprecationDate?: string | undefined
}

/** A passed `expiresAt` is only a warning here: the start that needs the ref fails with EXPIRED. */
export function* judgeDates(config: Config, now: Date): Generator<Problem> {
  for (const { entry, at } of placedRefs(config)) yield* judge(entry, at, now)
  for (const [id, agent] of agentsOf(config)) {
    for (const slot of slotsOf(agent)) {
      const { expiresAt, deprecationDate } = slot.credential
      if (expiresAt === undefined && deprecationDate === undefined) continue
      yield* judge(slot.credential, slotPath(agentPath(config, id), slot), now)
    }
  }
}

function* judge({ expiresAt, deprecationDate }: Dated, at: At, now: Date): Generator<Problem> {
  yield* judgeDate(expiresAt, [...at, 'expiresAt'], now, {
    code: 'EXPIRED',
    message: 'this date has passed, so the ref is not delivered any more',
    hint: 'replace the value, then move the date',
  })
  yield* judgeDate(deprecationDate, [...at, 'deprecationDate'], now, {
    code: 'DEPRECATED',
    message: 'this ref is deprecated since this date',
    hint: 'bind the ref that replaces it, then remove this one',
  })
}

function* judgeDate(
  text: string | undefined,
  at: At,
  now: Date,
  passed: Pick<Problem, 'code' | 'message' | 'hint'>,
): Generator<Problem> {
  if (text === undefined) return
  const date = parseDate(text)
  if (date === undefined) yield invalid(at, 'there is no such day or time')
  else if (date <= now) yield { ...passed, severity: 'warning', at }
}
