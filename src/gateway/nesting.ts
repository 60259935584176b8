/**
 * A start from inside an agent. An agent may start another only if its config lists it in `subagents`,
 * and the child gets its own bindings, never its parent's variables. An agent that hides where it runs
 * (drops SECRETREF_RUN) is to us like any process of the same user: SECURITY.md says so.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { agentsOf } from '../config/accessors.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { openDatabase } from '../state/db.ts'
import { grantsOf } from '../state/grants.ts'
import type { Home } from '../state/home.ts'
import { findRun, type RunRow } from '../state/runs.ts'

export interface Parent {
  run: string
  agent: string
  /** The config that the parent was started with. */
  config: string
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
    if (row === undefined || row.endedAt !== undefined) {
      throw new SecretRefError(
        'AGENT_NOT_ALLOWED',
        'SECRETREF_RUN names a run that is not under way, so nobody can say who starts this',
        { scope: 'agent', hint: 'outside of an agent: unset SECRETREF_RUN' },
      )
    }
    const variables = [...grantsOf(db, row.agent).keys()]
    return { run: id, agent: row.agent, config: row.config, variables }
  } finally {
    db.close()
  }
}

/**
 * @throws AGENT_NOT_ALLOWED unless the parent's own config lists the child; a config that an agent
 * chooses for itself decides nothing
 */
export function requireAllowed(
  loaded: LoadedConfig,
  parent: Parent | undefined,
  child: string,
): void {
  if (parent === undefined) return
  if (loaded.path !== parent.config) {
    throw new SecretRefError(
      'AGENT_NOT_ALLOWED',
      `inside agent ${parent.agent} only the config that it was started with counts`,
      { scope: 'agent', hint: `use --config ${parent.config}` },
    )
  }
  if (agentsOf(loaded.config).get(parent.agent)?.subagents?.includes(child)) return
  throw new SecretRefError(
    'AGENT_NOT_ALLOWED',
    `agent ${parent.agent} may not start agent ${child}`,
    {
      scope: 'agent',
      hint: `list it: agents.${parent.agent}.subagents: ["${child}"]`,
    },
  )
}
