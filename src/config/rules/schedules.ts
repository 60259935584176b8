/** Schedules and time zones. croner is loaded only where an agent has a schedule. */
import { agentsOf } from '../accessors.ts'
import { invalid } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath } from './paths.ts'

/** Five or six fields, or one of the names such as @daily; croner's dates are no schedule. */
const CRON = /^\s*(?:@[a-z]+|\S+(?:\s+\S+){4,5})\s*$/i

export async function judgeSchedules(config: Config, now: Date): Promise<Problem[]> {
  const problems: Problem[] = []
  const schedules = new Map<string, string | undefined>()
  const zones = new Map<string, boolean>()
  for (const [id, { schedule, timezone }] of agentsOf(config)) {
    const at = agentPath(config, id)
    if (timezone !== undefined) {
      const isKnown = zones.get(timezone) ?? isTimeZone(timezone)
      zones.set(timezone, isKnown)
      if (!isKnown) {
        problems.push(
          invalid([...at, 'timezone'], 'there is no such time zone', 'such as UTC or Asia/Taipei'),
        )
      }
    }
    if (schedule === undefined) continue
    if (!schedules.has(schedule)) schedules.set(schedule, await faultOf(schedule, now))
    const fault = schedules.get(schedule)
    if (fault !== undefined) {
      problems.push(invalid([...at, 'schedule'], fault, 'five fields, such as "0 9 * * 1-5"'))
    }
  }
  return problems
}

/** What is wrong with a schedule. Whether it ever comes does not depend on the zone, and UTC is quick. */
async function faultOf(schedule: string, now: Date): Promise<string | undefined> {
  const none = 'this is no cron expression'
  if (!CRON.test(schedule)) return none
  const { Cron } = await import('croner')
  try {
    const next = new Cron(schedule, { paused: true, timezone: 'UTC' }).nextRun(now)
    return next === null ? 'this schedule never comes' : undefined
  } catch {
    // croner quotes the expression, so its message is not passed on.
    return none
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
