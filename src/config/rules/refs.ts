/** Refs: that a name is a name. Pure. */
import { agentsOf, slotsOf } from '../accessors.ts'
import { looksLikeValue } from '../names.ts'
import { hardcoded } from '../problems.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath, slotPath } from './paths.ts'

/** A warning only: a store may well call a value by a hash. */
export function* judgeRefs(config: Config): Generator<Problem> {
  for (const [id, agent] of agentsOf(config)) {
    for (const slot of slotsOf(agent)) {
      if (!looksLikeValue(slot.credential.secretRef)) continue
      const at = [...slotPath(agentPath(config, id), slot), 'secretRef']
      yield {
        ...hardcoded(at, 'this name of a ref looks like a value'),
        severity: 'warning',
        hint: 'if it is one: replace it at its service, put the new one into a provider, and write its name here',
      }
    }
  }
}
