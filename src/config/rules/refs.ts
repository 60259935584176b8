/** Refs and environments: that a name is a name. Pure. */
import { agentsOf, placedRefs, slotsOf } from '../accessors.ts'
import { isValueBeyondDoubt, looksLikeValue } from '../names.ts'
import { hardcoded, type At } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath, slotPath } from './paths.ts'

/**
 * A name goes into the log, the state and onto screens, so one that is a value must not get that far. A
 * long name that may be made of words is a warning, and is not shown here.
 */
export function* judgeRefs(config: Config): Generator<Problem> {
  for (const [id, agent] of agentsOf(config)) {
    for (const slot of slotsOf(agent)) {
      const at = [...slotPath(agentPath(config, id), slot), 'secretRef']
      yield* judgeName(slot.credential.secretRef, at, 'a ref')
    }
  }
  for (const { ref, at } of placedRefs(config)) yield* judgeName(ref, at, 'a ref')
  for (const name of Object.keys(config.environments ?? {})) {
    yield* judgeName(name, ['environments', name], 'an environment')
  }
}

function* judgeName(name: string, at: At, what: string): Generator<Problem> {
  if (!looksLikeValue(name)) return
  const sure = isValueBeyondDoubt(name)
  yield {
    ...hardcoded(at, `this name of ${what} looks like a value`),
    severity: sure ? 'error' : 'warning',
    hint: sure
      ? 'replace it at its service, put the new one into a provider (`secretref secrets set NAME`), and write a name of words here'
      : 'if it is one: replace it at its service, put the new one into a provider, and write its name here',
  }
}
