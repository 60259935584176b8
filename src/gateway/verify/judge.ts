/** The second decision of a verification: which values may be shown to their services, now that they are known. */
import type { Entry } from '../../audit/record.ts'
import { providersOf } from '../../config/accessors.ts'
import type { PlannedBinding } from '../../plan/types.ts'
import { decideAgain } from '../../policy/decide.ts'
import type { Fetched, FetchedValue } from '../../policy/fetched.ts'
import type { Gateway } from '../gateway.ts'
import { Records } from '../records.ts'
import type { Result } from '../result.ts'
import type { Group, Verified } from './groups.ts'
import type { Call } from './words.ts'

/** Of one group; its `entries` must be durable before anything is sent. */
export type Judged = { group: Group; entries: readonly Entry[] } & (
  | { send: true; place: number; secret: FetchedValue }
  | { send: false; result: Verified['result'] }
)

export interface JudgeRequest {
  run: string
  /** Whether an alert is raised where the config asks for one. */
  alerts: boolean
}

/**
 * A call is made where policy allows its credential and every companion: else nothing of it is sent.
 *
 * @param place the call's place in the order
 * @param fetched one for each item of the order
 */
export function judgeCall(
  gateway: Gateway,
  request: JudgeRequest,
  group: Group,
  { call, place, fetched }: { call: Call; place: number; fetched: readonly Fetched[] },
): Judged {
  const { plan, way } = group
  const records = new Records(gateway, { run: request.run, plan, command: [] })
  const types = providersOf(gateway.loaded.config)
  const decided = (binding: PlannedBinding, item: number | undefined): Result => {
    const answer = fetched[item ?? -1]
    if (answer === undefined) throw new TypeError('the verifier answers every item')
    const decision = decideAgain(binding, answer, gateway.now(), false, types)
    return { binding: loud(binding, request), fetched: answer, decision }
  }
  const own = decided(group.binding, call.item)
  const along = Array.from(way.companions, ([name, one]) => ({
    name,
    result: decided(one, call.companions[name]),
  }))
  const results = [own, ...along.map(({ result }) => result)]
  const refused = along.filter(({ result }) => !result.decision.allow)
  const { decision, fetched: secret } = own
  if (decision.allow && refused.length === 0 && secret?.outcome === 'value') {
    const entries = results.flatMap((result) => records.shown(result, way.host))
    return { group, entries, send: true, place, secret }
  }
  const entries = results.flatMap((result) => records.decided(result, true))
  if (!decision.allow) {
    const { code, message, hint } = decision
    return { group, entries, send: false, result: { kind: 'failed', code, message, hint } }
  }
  const names = refused.map(({ name }) => name)
  const why = refused.find(({ result }) => !result.decision.allow)?.result.decision
  const hint = why?.allow === false ? { hint: why.hint } : {}
  const result = { kind: 'not-asked', reason: 'companion-refused', names, ...hint } as const
  return { group, entries, send: false, result }
}

/** An alert is for nobody who looks on. */
export function loud(binding: PlannedBinding, { alerts }: JudgeRequest): PlannedBinding {
  return alerts ? binding : { ...binding, onFailure: 'deny-and-log' }
}
