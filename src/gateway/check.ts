/** Fetches an agent's credentials without delivering any: what an agent without a command gets. */
import { providersOf } from '../config/accessors.ts'
import { SecretRefError } from '../errors.ts'
import type { Plan } from '../plan/types.ts'
import { decide, decideAgain } from '../policy/decide.ts'
import { grantsOf, recordGrants, type GrantRow } from '../state/grants.ts'
import { answersOf } from './answers.ts'
import { takeResolver } from './early.ts'
import { newRunId, type Gateway } from './gateway.ts'
import { grantOf } from './grant-row.ts'
import { revokeIssued } from './lease/run-leases.ts'
import { sweepInBackground } from './lease/background.ts'
import { makeSheet } from './make-sheet.ts'
import { sayResults } from './once.ts'
import type { Say } from './result.ts'
import { Records } from './records.ts'
import type { Result } from './result.ts'

/**
 * @returns what this check found; status goes on to say `injected` of a value that a run still holds
 * @throws SecretRefError where nothing could be asked, or what `signal` was aborted with
 */
export async function checkAgent(
  gateway: Gateway,
  plan: Plan,
  strict: boolean,
  say: Say,
  signal: AbortSignal,
): Promise<readonly GrantRow[]> {
  const run = newRunId(gateway.now())
  const request = { run, plan, command: [], inherit: [] }
  const records = new Records(gateway, request)
  const providers = providersOf(gateway.loaded.config)
  const first = decide(plan, { now: gateway.now(), strict, providers })
  const asked = first.filter((decision) => decision.allow).map((decision) => decision.binding)
  await gateway.record([
    ...records.skipped(plan.skipped),
    ...first.flatMap((decision) =>
      decision.allow
        ? [records.intent(decision.binding)]
        : records.refused({ binding: decision.binding, decision }),
    ),
  ])
  const results: Result[] = first
    .filter((decision) => !decision.allow)
    .map((decision) => ({ binding: decision.binding, decision }))
  if (asked.length > 0) {
    const sheet = makeSheet(gateway, request, asked, undefined)
    const resolver = takeResolver(() => Object.keys(gateway.env))
    try {
      resolver.send(sheet)
      sweepInBackground(gateway)
      const fetched = await answersOf(gateway, resolver, sheet, signal)
      for (const [i, binding] of asked.entries()) {
        const answer = fetched[i]
        if (answer === undefined) throw new Error('the resolver answers every item')
        const decision = decideAgain(binding, answer, gateway.now(), strict, providers)
        results.push({ binding, fetched: answer, decision })
      }
    } catch (error) {
      const code = error instanceof SecretRefError ? error.code : undefined
      await gateway.record(asked.map((binding) => records.abandoned(binding, code)))
      throw error
    } finally {
      resolver.abort()
      // All that was issued by then is on disk when it has ended.
      await resolver.ended()
      await revokeIssued(gateway, request, asked, sheet)
    }
    await gateway.record(results.flatMap((result) => records.checkedOrRefused(result)))
  }
  sayResults(say, plan.agent, results)
  const { agent, environment } = plan
  const before = grantsOf(gateway.db, { config: gateway.loaded.path, environment, agent })
  const found = results.map((result) => grantOf(gateway, run, environment, result, 'ready'))
  recordGrants(
    gateway.db,
    found.map((grant) => stillHeld(grant, before.get(grant.envVar))),
  )
  return found
}

/** A value that a run received stays `injected` for as long as the store has the same one. */
function stillHeld(grant: GrantRow, before: GrantRow | undefined): GrantRow {
  if (before?.outcome !== 'injected' || grant.outcome !== 'ready') return grant
  if (before.route !== grant.route || before.fingerprint !== grant.fingerprint) return grant
  return { ...grant, outcome: 'injected', run: before.run, at: before.at }
}
