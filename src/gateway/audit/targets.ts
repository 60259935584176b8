/** What the catalogue says: the service of each target, and of which form a binding's value must be. */
import type { BindingFact } from '../../findings/judge/facts.ts'
import { targetOf } from '../../targets/infer.ts'
import { allTargets } from '../../targets/lookup.ts'

export interface TargetFacts {
  /** By id. */
  services: ReadonlyMap<string, string>
  /**
   * Ids of the targets of which a binding's value must have the form; none where that is not known of
   * all kinds that it may be.
   */
  formsOf: (fact: BindingFact) => readonly string[]
}

export async function targetFacts(): Promise<TargetFacts> {
  const targets = await allTargets()
  const formed = new Set(
    targets.filter(({ pattern }) => pattern?.confidence === 'seen').map(({ id }) => id),
  )
  return {
    services: new Map(targets.map(({ id, service }) => [id, service])),
    formsOf: ({ binding: { tool, envVar, ref }, service }) => {
      const found = targetOf({ service, tool, envVar, ref })
      // The tool's name alone says nothing of the credential.
      if (found === undefined || found.by === 'tool') return []
      const ids = [found.id, ...found.also]
      return ids.every((id) => formed.has(id)) ? ids : []
    },
  }
}
