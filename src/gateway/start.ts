/**
 * One start of one agent, from the plan to the running process, in two phases: fetch and hold, decide
 * again, record, release. If anything required fails, not one byte is written.
 */
import { providersOf } from '../config/accessors.ts'
import { SecretRefError } from '../errors.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import { blocking, decide, decideAgain, type Decision } from '../policy/decide.ts'
import type { Ending } from './ending.ts'
import { answersOf } from './answers.ts'
import { makePrivateFolder, removePrivateFolder, sweepPrivateFolders } from './folder.ts'
import type { Gateway } from './gateway.ts'
import { launch, type Agent } from './launch.ts'
import { requireHeld, RunLeases } from './lease/run-leases.ts'
import { sweepInBackground } from './lease/background.ts'
import type { RunHolds } from './live/holds.ts'
import { sweepLife } from './live/sign.ts'
import { Records } from './records.ts'
import type { Resolver } from './resolver.ts'
import type { Result } from './result.ts'
import { makeSheet } from './make-sheet.ts'
import type { Sheet } from './sheet.ts'
import type { Received } from './tend/held.ts'
import { startWatcher, type Watcher } from './watcher.ts'

export interface StartRequest {
  run: string
  plan: Plan
  /** Absolute path of the program, then its arguments. */
  command: readonly string[]
  cwd: string
  /** Names of the caller's variables that the agent gets. */
  inherit: readonly string[]
  strict: boolean
  session: boolean
  stdin: 'inherit' | 'ignore'
  resolver: Resolver
  /** From before anybody is asked what it may be given is not ended. */
  holds: RunHolds
  signal: AbortSignal
}

export type Started =
  | {
      started: true
      agent: Agent
      results: readonly Result[]
      /** What the agent has, and where. */
      received: readonly Received[]
      leases: RunLeases
      /** @param why where the gateway itself ended it */
      finish: (ending: Ending, why?: string) => Promise<void>
    }
  | { started: false; results: readonly Result[]; error: SecretRefError }

/** @throws SecretRefError where the start fails for a reason that is not one binding's */
export async function start(gateway: Gateway, request: StartRequest): Promise<Started> {
  try {
    return await attempt(gateway, request)
  } catch (error) {
    request.resolver.abort()
    throw error
  }
}

async function attempt(gateway: Gateway, request: StartRequest): Promise<Started> {
  const { plan, resolver, signal, strict } = request
  const records = new Records(gateway, request)
  const providers = providersOf(gateway.loaded.config)
  const first = decide(plan, { now: gateway.now(), strict, providers })
  await gateway.record([
    ...records.skipped(plan.skipped),
    ...first.flatMap((decision) =>
      decision.allow
        ? [records.intent(decision.binding)]
        : records.refused({ binding: decision.binding, decision }),
    ),
  ])
  const asked = first.filter((decision) => decision.allow).map((decision) => decision.binding)
  const results: Result[] = first
    .filter((decision) => !decision.allow)
    .map((decision) => ({ binding: decision.binding, decision }))
  if (blocking(first).length > 0) {
    resolver.dismiss()
    return { started: false, results, error: notStarted(plan.agent, first) }
  }

  let folder = ''
  let watcher: Watcher | undefined
  let leases: RunLeases | undefined
  let sheet: Sheet | undefined
  const abandon = async (): Promise<void> => {
    resolver.abort()
    watcher?.dismiss()
    if (folder !== '') removePrivateFolder(folder)
    if (leases === undefined && sheet !== undefined) {
      // Given up while it asked: what had been issued by then is on disk when it has ended.
      await resolver.ended()
      leases = new RunLeases(gateway, request, asked, sheet)
    }
    await leases?.release()
  }
  /** Of these the log does not yet say what became of them. */
  let unsettled: readonly PlannedBinding[] = asked
  try {
    request.holds.begin()
    if (asked.some((binding) => binding.delivery === 'file')) {
      folder = makePrivateFolder(gateway.home, gateway.env)
    }
    const own = makeSheet(gateway, request, asked, folder)
    sheet = own
    resolver.send(own)
    // While the resolver is at work: what killed gateways left behind is nobody's to keep.
    sweepPrivateFolders(gateway.home, gateway.env)
    sweepLife(gateway.home)
    sweepInBackground(gateway)
    watcher = startWatcher(folder)
    const fetched = await answersOf(gateway, resolver, own, signal)
    leases = new RunLeases(gateway, request, asked, own)
    await requireHeld(leases)
    const now = gateway.now()
    // One answer for each, in order: the resolver's end holds it to that.
    const second = fetched.map((answer, i): Result => {
      const binding = asked[i]
      if (binding === undefined) throw new TypeError('an answer to nothing')
      const decision = decideAgain(binding, answer, now, strict, providers)
      return { binding, fetched: answer, decision }
    })
    results.push(...second)
    const decisions = second.map((result) => result.decision)
    const stops = blocking(decisions).length > 0
    await gateway.record([
      ...leases.issued(),
      ...second.flatMap((result) => records.decided(result, stops)),
    ])
    const allowed = second.filter((result) => result.decision.allow)
    unsettled = stops ? [] : allowed.map((result) => result.binding)
    if (stops) {
      await abandon()
      return { started: false, results, error: notStarted(plan.agent, decisions) }
    }
    signal.throwIfAborted()
    const release = second.flatMap((result, i) => (result.decision.allow ? [i] : []))
    const agent = await launch({ ...request, release, watcher })
    unsettled = []
    const received = second.flatMap(({ binding, fetched: answer, decision }, i): Received[] => {
      if (!decision.allow || answer?.outcome !== 'value') return []
      const file = own.items[i]?.file
      return [{ binding, decision, fetched: answer, ...(file === undefined ? {} : { file }) }]
    })
    const run = { agent, watcher, folder, results, second, received, request, leases }
    return await supervised(gateway, records, run)
  } catch (error) {
    await abandon()
    const code = error instanceof SecretRefError ? error.code : undefined
    await gateway.record(unsettled.map((binding) => records.abandoned(binding, code)))
    throw error
  }
}

async function supervised(
  gateway: Gateway,
  records: Records,
  run: {
    agent: Agent
    watcher: Watcher
    folder: string
    results: readonly Result[]
    second: readonly Result[]
    received: readonly Received[]
    request: StartRequest
    leases: RunLeases
  },
): Promise<Started> {
  const { agent, watcher, folder, results: given, second, received, request, leases } = run
  const released = second.filter((result) => result.decision.allow)
  const delivery = await request.resolver.ended()
  if (!delivery.delivered) {
    // The script was cut: the shell has run nothing of it. Its exit code looks like an agent's own.
    // A resolver that died after its last byte is the one exception: then the agent is ended here.
    agent.kill()
    await agent.ended
    watcher.dismiss()
    if (folder !== '') removePrivateFolder(folder)
    await leases.release()
    await gateway.record(released.map((result) => records.undelivered(result, delivery.code)))
    const what =
      delivery.reason === 'died'
        ? 'the resolver died while it delivered, and whatever had started was ended'
        : `the credentials could not be delivered (${delivery.reason}), and the agent was not started`
    const error = new SecretRefError('DELIVERY_FAILED', `${request.plan.agent}: ${what}`, {
      scope: 'agent',
      hint: 'ENOSPC: the folder for files is full; else try again, and see `secretref doctor`',
    })
    return { started: false, results: given, error }
  }
  const results = withUnkept(given, second, delivery.unkept)
  const delivered = gateway.record([
    ...released.map((result) => records.delivered(result)),
    records.started(agent.pid),
  ])
  // Its failure is told when the agent has ended; the agent has its credentials already.
  delivered.catch(() => {})
  return {
    started: true,
    agent,
    results,
    received,
    leases,
    finish: async (ending, why) => {
      watcher.dismiss()
      if (folder !== '') removePrivateFolder(folder)
      await leases.release()
      await delivered
      await gateway.record([records.ended(ending, why)])
    },
  }
}

/** The agent runs all the same: what could not be kept is a warning. */
function withUnkept(
  results: readonly Result[],
  fetched: readonly Result[],
  unkept: readonly number[],
): readonly Result[] {
  const which = new Set(unkept.map((index) => fetched[index]))
  return results.map((result) => {
    if (!which.has(result)) return result
    const { decision, binding } = result
    const message = `"${binding.ref}" could not be kept for an outage`
    const hint =
      'see that the folder "stale" and keys/store.key below SECRETREF_HOME are yours, and the disk not full'
    const warnings = [...decision.warnings, { code: 'NOT_KEPT' as const, message, hint }]
    return { ...result, decision: { ...decision, warnings } }
  })
}

/** The start as a whole; each failure has its own line, said by the caller. */
function notStarted(agent: string, decisions: readonly Decision[]): SecretRefError {
  const denials = blocking(decisions)
  const [first] = denials
  const count =
    denials.length === 1 ? 'a required credential' : `${denials.length} required credentials`
  return new SecretRefError(
    first?.code ?? 'PROVIDER_INVALID',
    `agent ${agent} was not started: ${count} could not be granted`,
    { scope: 'agent' },
  )
}
