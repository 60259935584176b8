/**
 * A start from inside an agent. An agent may start another only if its config lists it in `subagents`,
 * and the child gets its own bindings, never its parent's variables. An agent that hides where it runs
 * (drops SECRETREF_RUN) is to us like any process of the same user: SECURITY.md says so.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { agentsOf } from '../config/accessors.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import type { Plan } from '../plan/types.ts'
import { openDatabase } from '../state/db.ts'
import { grantsOf } from '../state/grants.ts'
import type { Home } from '../state/home.ts'
import { findRun, type RunRow } from '../state/runs.ts'
import { stillRuns } from './surroundings.ts'

export interface Parent {
  run: string
  agent: string
  environment: string
  /** The config that the parent was started with: absolute path, and SHA-256 of what it held then. */
  config: string
  configHash: string
  /** Variables that the parent received, and the child must not. */
  variables: readonly string[]
}

/** The parent's gateway writes its row while the agent is already running; it may be a moment late. */
const ROW_WAIT_MS = 2000
const ROW_POLL_MS = 20

/**
 * @param env the caller's environment
 * @returns the run we are inside of, or `undefined`
 * @throws AGENT_NOT_ALLOWED where SECRETREF_RUN names no run that is under way
 */
export async function parentRun(
  env: Readonly<Record<string, string | undefined>>,
  home: Home,
): Promise<Parent | undefined> {
  const id = env['SECRETREF_RUN']
  if (!id) return undefined
  const db = openDatabase(home)
  try {
    let row: RunRow | undefined
    for (let waited = 0; waited <= ROW_WAIT_MS; waited += ROW_POLL_MS) {
      row = findRun(db, id)
      if (row !== undefined) break
      await pause(ROW_POLL_MS)
    }
    if (row === undefined || row.ended || !stillRuns(row.gateway.pid, row.gateway.started)) {
      throw new SecretRefError(
        'AGENT_NOT_ALLOWED',
        'SECRETREF_RUN names a run that is not under way, so nobody can say who starts this',
        { scope: 'agent', hint: 'outside of an agent: unset SECRETREF_RUN' },
      )
    }
    const { agent, environment, config, configHash } = row
    const variables = [...grantsOf(db, { config, environment, agent }).keys()]
    return { run: id, agent, environment, config, configHash, variables }
  } finally {
    db.close()
  }
}

/**
 * What an agent chooses for itself (another config, an edit of the same, another environment) decides
 * nothing.
 *
 * @throws AGENT_NOT_ALLOWED unless the config that the parent was started with lists the child
 */
export function requireAllowed(loaded: LoadedConfig, parent: Parent | undefined, plan: Plan): void {
  if (parent === undefined) return
  requireSame(loaded, parent, plan.environment)
  if (agentsOf(loaded.config).get(parent.agent)?.subagents?.includes(plan.agent)) return
  throw notAllowed(
    `agent ${parent.agent} may not start agent ${plan.agent}`,
    `list it: agents.${parent.agent}.subagents: ["${plan.agent}"]`,
  )
}

/**
 * What an agent may be shown of the config: what it is bound to itself.
 *
 * @param asked the agent and the environment that the command names, or would take
 * @throws AGENT_NOT_ALLOWED where that is more
 */
export function requireOwn(
  loaded: LoadedConfig,
  parent: Parent,
  asked: { agent: string | undefined; environment: string },
): void {
  requireSame(loaded, parent, asked.environment)
  if (asked.agent === undefined || asked.agent === parent.agent) return
  throw notAllowed(
    `agent ${parent.agent} is shown its own refs, and no other agent's`,
    'leave out --agent, or ask outside of a run',
  )
}

function requireSame(loaded: LoadedConfig, parent: Parent, environment: string): void {
  if (loaded.path !== parent.config) {
    throw notAllowed(
      `inside agent ${parent.agent} only the config that it was started with counts`,
      `use --config ${parent.config}, or leave it out`,
    )
  }
  if (loaded.hash !== parent.configHash) {
    throw notAllowed(
      `the config was edited since agent ${parent.agent} was started with it`,
      `start ${parent.agent} anew`,
    )
  }
  if (environment !== parent.environment) {
    throw notAllowed(
      `inside agent ${parent.agent} only its own environment counts, which is ${parent.environment}`,
      'leave out --environment',
    )
  }
}

function notAllowed(sentence: string, hint: string): SecretRefError {
  return new SecretRefError('AGENT_NOT_ALLOWED', sentence, { scope: 'agent', hint })
}
