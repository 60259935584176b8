/** What a schema cannot say about a config. */
import type { Config, Problem } from './types.ts'
import { judgeAgents } from './rules/agents.ts'
import { judgeAlerts } from './rules/alerts.ts'
import { judgeDates } from './rules/dates.ts'
import { judgeProduction } from './rules/production.ts'
import { judgeProviders } from './rules/providers.ts'
import { judgeRefs } from './rules/refs.ts'
import { judgeRotation } from './rules/rotation.ts'
import { judgeSchedules } from './rules/schedules.ts'
import { judgeTargets } from './rules/targets.ts'
import { judgeVariables } from './rules/variables.ts'
import { newPatience } from './suggest.ts'

/**
 * Every mistake of meaning, without lines, and warnings: dates that have passed, names that look like values.
 *
 * @param config fits the schema
 * @param raw the document it comes from, which may hold parts that did not fit
 */
export async function judge(config: Config, raw: unknown, now: Date): Promise<Problem[]> {
  const patience = newPatience()
  return [
    ...judgeProviders(config, raw, patience),
    ...judgeAgents(config, raw, patience),
    ...judgeProduction(config),
    ...judgeVariables(config),
    ...judgeRefs(config),
    ...judgeRotation(config, patience),
    ...judgeAlerts(config, raw, patience),
    ...judgeDates(config, now),
    ...(await judgeSchedules(config, now)),
    ...(await judgeTargets(config, patience)),
  ]
}
