/** When each agent was last used by a run. */
import { agentsOf } from '../../config/accessors.ts'
import { agentPath } from '../../config/rules/paths.ts'
import type { Config } from '../../config/types.ts'
import type { AgentFact } from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import { readDatabase } from '../../state/db.ts'
import type { Home } from '../../state/home.ts'
import { lastRunsOf, type LastRuns } from '../../state/last-runs.ts'
import { stillRuns } from '../surroundings.ts'
import { notLookedAt } from './search.ts'

/** @param path of the config. Without the state nobody can say who is idle: that is a note */
export function agentFacts(
  config: Config,
  path: string,
  home: Home,
): { agents: AgentFact[]; notes: Finding[] } {
  let runs: LastRuns
  try {
    runs = runsOf(path, home)
  } catch (error) {
    return { agents: [], notes: [notLookedAt(error, [home.stateDb], 'delete it')] }
  }
  const { last, open } = runs
  const running = new Set(
    open.filter(({ gateway }) => stillRuns(gateway.pid, gateway.started)).map(({ agent }) => agent),
  )
  const agents = [...agentsOf(config).keys()].map((agent) => {
    const fact: AgentFact = { agent, at: agentPath(config, agent), running: running.has(agent) }
    const ended = last.get(agent)
    if (ended !== undefined) fact.lastRun = new Date(ended)
    return fact
  })
  return { agents, notes: [] }
}

function runsOf(path: string, home: Home): LastRuns {
  const db = readDatabase(home)
  if (db === undefined) return { last: new Map(), open: [] }
  try {
    return lastRunsOf(db, path)
  } finally {
    db.close()
  }
}
