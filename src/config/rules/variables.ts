/** Variables: that each slot has one of its own, which may be set and arrives as it is. Pure. */
import {
  agentsOf,
  fileVariableOf,
  slotsOf,
  withheldOf,
  type Slot,
  type Withheld,
} from '../accessors.ts'
import { VARIABLE } from '../names.ts'
import { invalid, placeOf, shownStep, type At } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { matchesVariable, refusalOf } from '../variables.ts'
import { agentPath, slotPath } from './paths.ts'

export function* judgeVariables(config: Config): Generator<Problem> {
  let withheld: Withheld | undefined
  for (const [id, agent] of agentsOf(config)) {
    const at = agentPath(config, id)
    yield* judgeSlots(slotsOf(agent), at)
    if (agent.inheritEnv === undefined) continue
    withheld ??= withheldOf(config)
    yield* judgeInherited(agent.inheritEnv, at, withheld)
  }
}

function* judgeSlots(slots: readonly Slot[], agent: At): Generator<Problem> {
  const taken = new Map<string, Slot>()
  for (const slot of slots) {
    const { credential, envVar } = slot
    yield* judgeName(slot, agent)
    if (credential.pathInEnvVar === true && credential.delivery !== 'file') {
      const at = [...slotPath(agent, slot), 'pathInEnvVar']
      yield invalid(at, 'there is a path only with "delivery": "file"')
    }
    const names = credential.delivery === 'file' ? [envVar, fileVariableOf(envVar)] : [envVar]
    for (const name of names) {
      const other = taken.get(name)
      if (other === undefined) taken.set(name, slot)
      else yield takenTwice(slot, other, agent)
    }
  }
}

function* judgeName(slot: Slot, agent: At): Generator<Problem> {
  const { credential, envVar } = slot
  const reason = VARIABLE.test(envVar) ? refusalOf(envVar) : 'is longer than 128 characters'
  if (reason === undefined) return
  const at = slotPath(agent, slot)
  yield credential.envVar === undefined
    ? invalid(
        at,
        `the variable made from the ref is refused: it ${reason}`,
        'give the slot an envVar',
      )
    : invalid([...at, 'envVar'], `this variable is refused: it ${reason}`, 'choose another name')
}

function takenTwice(slot: Slot, other: Slot, agent: At): Problem {
  const at = slotPath(agent, slot)
  const first = placeOf(slotPath(agent, other).map(shownStep))
  return invalid(
    slot.credential.envVar === undefined ? at : [...at, 'envVar'],
    `this would be set twice: ${first} has the same variable`,
    'give each slot a variable of its own; a file delivery also takes <envVar>_FILE',
  )
}

/** What a run withholds from every agent cannot be inherited by one of them. */
function* judgeInherited(
  inherited: readonly string[],
  at: At,
  { names, prefixes }: Withheld,
): Generator<Problem> {
  for (const [index, name] of inherited.entries()) {
    if (!names.has(name) && !prefixes.some((prefix) => matchesVariable(prefix, name))) continue
    yield invalid(
      [...at, 'inheritEnv', index],
      'this variable holds a credential: a slot, an env provider or a provider uses it',
      'remove it here; bind the ref if the agent needs its value',
    )
  }
}
