/** Schedules and time zones. croner is loaded only where an agent has a schedule. */
import { agentsOf } from '../accessors.ts'
import { invalid, type At } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath } from './paths.ts'

/** Five or six fields, or one of the names such as @daily; croner's dates are no schedule. */
const CRON = /^\s*(?:@[a-z]+|\S+(?:\s+\S+){4,5})\s*$/i

export async function judgeSchedules(config: Config, now: Date): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const [id, { schedule, timezone }] of agentsOf(config)) {
    const at = agentPath(config, id)
    const zoneIsKnown = timezone === undefined || isTimeZone(timezone)
    if (!zoneIsKnown) {
      problems.push(
        invalid([...at, 'timezone'], 'there is no such time zone', 'such as UTC or Asia/Taipei'),
      )
    }
    if (schedule === undefined) continue
    const zone = zoneIsKnown ? (timezone ?? 'UTC') : 'UTC'
    problems.push(...(await judgeSchedule(schedule, zone, [...at, 'schedule'], now)))
  }
  return problems
}

async function judgeSchedule(text: string, zone: string, at: At, now: Date): Promise<Problem[]> {
  const example = 'five fields, such as "0 9 * * 1-5"'
  if (!CRON.test(text)) return [invalid(at, 'this is no cron expression', example)]
  const { Cron } = await import('croner')
  let next: Date | null
  try {
    next = new Cron(text, { paused: true, timezone: zone }).nextRun(now)
  } catch {
    // croner quotes the expression, so its message is not passed on.
    return [invalid(at, 'this is no cron expression', example)]
  }
  return next === null ? [invalid(at, 'this schedule never comes', example)] : []
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
