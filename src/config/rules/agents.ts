/** Agents: that names which must agree do. Pure. */
import { agentsOf } from '../accessors.ts'
import { keysAt, nodeAt } from '../node.ts'
import { hardcoded, invalid, type At } from '../problems.ts'
import { didYouMean, type Patience } from '../suggest.ts'
import type { Agent, Config, Problem } from '../types.ts'
import { agentPath } from './paths.ts'
import { credentialWords } from './words.ts'

/** @param raw the document as read: an agent that is there but written wrongly is no unknown name */
export function* judgeAgents(config: Config, raw: unknown, patience: Patience): Generator<Problem> {
  const single = nodeAt(raw, ['agent', 'id'])
  const ids = new Set(keysAt(raw, ['agents']))
  if (typeof single === 'string') {
    if (ids.has(single)) {
      yield invalid(['agent', 'id'], 'agents holds an agent of this id too', 'keep one of the two')
    }
    ids.add(single)
  }
  for (const [id, agent] of agentsOf(config)) {
    const at = agentPath(config, id)
    yield* judgeSubagents(agent, at, ids, patience)
    yield* judgeProfiles(agent, at, raw, patience)
    for (const index of credentialWords(agent.command ?? [])) {
      yield {
        ...hardcoded([...at, 'command', index], 'a word of the command that holds a credential'),
        hint: 'bind a ref to one of its tools, and let the program read the variable',
      }
    }
    if (agent.lockCommand === true && agent.command === undefined) {
      yield invalid([...at, 'lockCommand'], 'there is no command to lock', 'add a command')
    }
  }
}

function* judgeSubagents(
  agent: Agent,
  at: At,
  ids: ReadonlySet<string>,
  patience: Patience,
): Generator<Problem> {
  for (const [index, id] of (agent.subagents ?? []).entries()) {
    if (ids.has(id)) continue
    const here = [...at, 'subagents', index]
    yield invalid(here, 'there is no agent of this id', didYouMean(id, ids, patience))
  }
}

/** A profile for no tool at all would silently not make anything required. */
function* judgeProfiles(
  agent: Agent,
  at: At,
  raw: unknown,
  patience: Patience,
): Generator<Problem> {
  const profiles = agent['auth-profiles']
  if (profiles === undefined) return
  const bound = new Set(keysAt(raw, [...at, 'tool-bindings']))
  const tools = new Set([...bound, ...(agent.capabilities ?? [])])
  for (const [tool, profile] of Object.entries(profiles)) {
    if (profile.required === true && tools.has(tool) && !bound.has(tool)) {
      yield invalid(
        [...at, 'auth-profiles', tool, 'required'],
        'this tool is required, and no tool binding says what it needs',
        `add tool-bindings["${tool}"], or leave "required" out`,
      )
    }
    if (tools.has(tool)) continue
    yield invalid(
      [...at, 'auth-profiles', tool],
      'this profile is for a tool that the agent neither binds nor has as a capability',
      didYouMean(tool, tools, patience),
    )
  }
}
