/** Variables: that each slot has one of its own, which may be set and arrives as it is. Pure. */
import { agentsOf, fileVariableOf, slotsOf, withheldVariables, type Slot } from '../accessors.ts'
import { VARIABLE } from '../names.ts'
import { invalid, placeOf, type At } from '../problems.ts'
import type { Agent, Config, Problem } from '../types.ts'
import { matchesVariable, refusalOf } from '../variables.ts'
import { agentPath, slotPath } from './paths.ts'

export function judgeVariables(config: Config): Problem[] {
  const problems: Problem[] = []
  let withheld: ReadonlySet<string> | undefined
  for (const [id, agent] of agentsOf(config)) {
    const at = agentPath(config, id)
    problems.push(...judgeSlots(slotsOf(agent), at))
    if (agent.inheritEnv === undefined) continue
    withheld ??= withheldVariables(config)
    problems.push(...judgeInherited(agent, at, withheld))
  }
  return problems
}

function judgeSlots(slots: readonly Slot[], agent: At): Problem[] {
  const problems: Problem[] = []
  const taken = new Map<string, Slot>()
  for (const slot of slots) {
    const { credential, envVar } = slot
    problems.push(...judgeName(slot, agent))
    if (credential.pathInEnvVar === true && credential.delivery !== 'file') {
      const at = [...slotPath(agent, slot), 'pathInEnvVar']
      problems.push(invalid(at, 'there is a path only with "delivery": "file"'))
    }
    const names = credential.delivery === 'file' ? [envVar, fileVariableOf(envVar)] : [envVar]
    for (const name of names) {
      const other = taken.get(name)
      if (other === undefined) taken.set(name, slot)
      else problems.push(takenTwice(slot, other, agent))
    }
  }
  return problems
}

function judgeName(slot: Slot, agent: At): Problem[] {
  const { credential, envVar } = slot
  const reason = VARIABLE.test(envVar) ? refusalOf(envVar) : 'is longer than 128 characters'
  if (reason === undefined) return []
  const at = slotPath(agent, slot)
  return credential.envVar === undefined
    ? [
        invalid(
          at,
          `the variable made from the ref is refused: it ${reason}`,
          'give the slot an envVar',
        ),
      ]
    : [invalid([...at, 'envVar'], `this variable is refused: it ${reason}`, 'choose another name')]
}

function takenTwice(slot: Slot, other: Slot, agent: At): Problem {
  const at = slotPath(agent, slot)
  const first = placeOf(slotPath(agent, other))
  return invalid(
    slot.credential.envVar === undefined ? at : [...at, 'envVar'],
    `this would be set twice: ${first} has the same variable`,
    'give each slot a variable of its own; a file delivery also takes <envVar>_FILE',
  )
}

/** What a run withholds from every agent cannot be inherited by one of them. */
function judgeInherited(agent: Agent, at: At, withheld: ReadonlySet<string>): Problem[] {
  return (agent.inheritEnv ?? []).flatMap((name, index) => {
    const isWithheld =
      withheld.has(name) ||
      [...withheld].some((pattern) => pattern.endsWith('*') && matchesVariable(pattern, name))
    if (!isWithheld) return []
    return [
      invalid(
        [...at, 'inheritEnv', index],
        'this variable holds a credential: a slot, an env provider or a provider uses it',
        'remove it here; bind the ref if the agent needs its value',
      ),
    ]
  })
}
