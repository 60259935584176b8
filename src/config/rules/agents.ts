/** Agents: that names which must agree do. Pure. */
import { agentsOf } from '../accessors.ts'
import { keysAt, nodeAt } from '../node.ts'
import { invalid, type At } from '../problems.ts'
import { didYouMean } from '../suggest.ts'
import type { Agent, Config, Problem } from '../types.ts'
import { agentPath } from './paths.ts'

/** @param raw the document as read: an agent that is there but written wrongly is no unknown name */
export function judgeAgents(config: Config, raw: unknown): Problem[] {
  const problems: Problem[] = []
  const single = nodeAt(raw, ['agent', 'id'])
  const ids = new Set(keysAt(raw, ['agents']))
  if (typeof single === 'string') {
    if (ids.has(single)) {
      problems.push(
        invalid(['agent', 'id'], 'agents holds an agent of this id too', 'keep one of the two'),
      )
    }
    ids.add(single)
  }
  for (const [id, agent] of agentsOf(config)) {
    const at = agentPath(config, id)
    problems.push(...judgeSubagents(agent, at, ids), ...judgeProfiles(agent, at, raw))
    if (agent.lockCommand === true && agent.command === undefined) {
      problems.push(invalid([...at, 'lockCommand'], 'there is no command to lock', 'add a command'))
    }
  }
  return problems
}

function judgeSubagents(agent: Agent, at: At, ids: ReadonlySet<string>): Problem[] {
  return (agent.subagents ?? []).flatMap((id, index) =>
    ids.has(id)
      ? []
      : [invalid([...at, 'subagents', index], 'there is no agent of this id', didYouMean(id, ids))],
  )
}

/** A profile for no tool at all would silently not make anything required. */
function judgeProfiles(agent: Agent, at: At, raw: unknown): Problem[] {
  const tools = new Set([...keysAt(raw, [...at, 'tool-bindings']), ...(agent.capabilities ?? [])])
  return Object.keys(agent['auth-profiles'] ?? {})
    .filter((tool) => !tools.has(tool))
    .map((tool) =>
      invalid(
        [...at, 'auth-profiles', tool],
        'this profile is for a tool that the agent neither binds nor has as a capability',
        didYouMean(tool, tools),
      ),
    )
}
