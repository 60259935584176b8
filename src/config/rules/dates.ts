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
export function judgeDates(config: Config, now: Date): Problem[] {
  const problems: Problem[] = []
  for (const { entry, at } of placedRefs(config)) problems.push(...judge(entry, at, now))
  for (const [id, agent] of agentsOf(config)) {
    for (const slot of slotsOf(agent)) {
      if (
        slot.credential.expiresAt === undefined &&
        slot.credential.deprecationDate === undefined
      ) {
        continue
      }
      problems.push(...judge(slot.credential, slotPath(agentPath(config, id), slot), now))
    }
  }
  return problems
}

function judge({ expiresAt, deprecationDate }: Dated, at: At, now: Date): Problem[] {
  return [
    ...judgeDate(expiresAt, [...at, 'expiresAt'], now, {
      code: 'EXPIRED',
      message: 'this date has passed, so the ref is not delivered any more',
      hint: 'replace the value, then move the date',
    }),
    ...judgeDate(deprecationDate, [...at, 'deprecationDate'], now, {
      code: 'DEPRECATED',
      message: 'this ref is deprecated since this date',
      hint: 'bind the ref that replaces it, then remove this one',
    }),
  ]
}

function judgeDate(
  text: string | undefined,
  at: At,
  now: Date,
  passed: Pick<Problem, 'code' | 'message' | 'hint'>,
): Problem[] {
  if (text === undefined) return []
  const date = parseDate(text)
  if (date === undefined) return [invalid(at, 'there is no such day or time')]
  return date <= now ? [{ ...passed, severity: 'warning', at }] : []
}
