/** Which credentials a verification asks about, each once, and which are settled without asking anybody. */
import type { Code } from '../../errors.ts'
import type { Config } from '../../config/types.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decide, type Denial } from '../../policy/decide.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import type { Target } from '../../targets/types.ts'
import type { Checked } from './words.ts'
import { wayOf, type NotAsked, type Way } from './way.ts'

/** One credential: a value and the service that it is for, whoever is bound to it. */
export interface Verified {
  /** The first of its bindings. */
  binding: PlannedBinding
  /** Everybody who is bound to it, each once. */
  agents: readonly string[]
  target?: Target
  /** Who was asked, or would have been. */
  host?: string
  /** Where a trusted config has it asked instead. */
  baseUrl?: string
  result:
    | { kind: 'asked'; checked: Checked; secret: FetchedValue; ageDays?: number }
    /** `names`: companions that are missing. `hint`: what may help, where the reason alone cannot say. */
    | { kind: 'not-asked'; reason: NotAsked; names?: readonly string[]; hint?: string }
    /** It could not be fetched, or may not be. */
    | { kind: 'failed'; code: Code; message: string; hint: string }
}

/** Bindings of one value that ask the same service in the same way. */
export interface Group {
  plan: Plan
  binding: PlannedBinding
  /** Of all of them, each once. */
  agents: string[]
  way: Way
}

export interface Grouped {
  groups: readonly Group[]
  settled: readonly Verified[]
  denials: readonly { plan: Plan; decision: Denial }[]
}

/** A plan, and of its bindings those that are meant; the others may be companions. */
export interface Subject {
  plan: Plan
  meant: (binding: PlannedBinding) => boolean
}

/** @throws CONFIG_INVALID where the config states a secret among the settings of a target */
export async function groupsOf(
  config: Config,
  subjects: readonly Subject[],
  now: Date,
): Promise<Grouped> {
  const groups = new Map<string, Group>()
  const settled = new Map<string, Verified & { agents: string[] }>()
  const denials: { plan: Plan; decision: Denial }[] = []
  const settle = (binding: PlannedBinding, one: Pick<Verified, 'target' | 'result'>): void => {
    const key = JSON.stringify([valueKey(binding), one.target?.id, one.result])
    const known = settled.get(key)
    if (known === undefined) settled.set(key, { binding, agents: [binding.agent], ...one })
    else join(known.agents, binding.agent)
  }
  for (const { plan, meant } of subjects) {
    const decisions = decide(plan, { now, strict: false })
    const allowed = decisions.filter(({ allow }) => allow).map(({ binding }) => binding)
    for (const decision of decisions) {
      const { binding, allow } = decision
      if (!meant(binding)) continue
      if (!allow) {
        const { code, message, hint } = decision
        denials.push({ plan, decision })
        settle(binding, { result: { kind: 'failed', code, message, hint } })
        continue
      }
      const way = await wayOf({ config, environment: plan.environment }, binding, allowed)
      if ('reason' in way) {
        const { target, ...why } = way
        settle(binding, { ...(target && { target }), result: { kind: 'not-asked', ...why } })
        continue
      }
      const key = groupKey(binding, way)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { plan, binding, agents: [binding.agent], way })
      else join(group.agents, binding.agent)
    }
  }
  return { groups: [...groups.values()], settled: [...settled.values()], denials }
}

function join(agents: string[], agent: string): void {
  if (!agents.includes(agent)) agents.push(agent)
}

/** Everything that decides which value it is. */
export function valueKey({ ref, chain, fallbackOn }: PlannedBinding): string {
  return JSON.stringify([ref, chain, fallbackOn])
}

/** And who is asked, and how. */
function groupKey(binding: PlannedBinding, { target, companions }: Way): string {
  return JSON.stringify([
    target.id,
    valueKey(binding),
    ...Array.from(companions, ([name, other]) => [name, valueKey(other)]),
  ])
}
