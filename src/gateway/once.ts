/** One run of one agent, with what belongs around a start: words, state, the end of it. */
import { constants } from 'node:os'
import { providersOf } from '../config/accessors.ts'
import type { Decision, Denial } from '../policy/decide.ts'
import type { Plan } from '../plan/types.ts'
import { dayOf } from '../policy/expiry.ts'
import { recordGrants } from '../state/grants.ts'
import { recordEnd, recordStart } from '../state/runs.ts'
import { SecretRefError } from '../errors.ts'
import { takeResolver } from './early.ts'
import type { Ending, WhyEnded } from './ending.ts'
import { newRunId, type Gateway } from './gateway.ts'
import { grantOf } from './grant-row.ts'
import type { Agent } from './launch.ts'
import { RunHolds } from './live/holds.ts'
import { Records } from './records.ts'
import type { Result, Say } from './result.ts'
import { start } from './start.ts'
import { placeName } from './store-place.ts'
import { startTimeOf } from './surroundings.ts'
import type { Held, Received, TendedRun } from './tend/held.ts'
import { tendingOf } from './tend/settings.ts'
import type { Tender } from './tend/tender.ts'
import type { Withdrawal } from './tend/withdraw.ts'

export interface OnceRequest {
  plan: Plan
  /** Absolute path of the program, then its arguments. */
  command: readonly string[]
  cwd: string
  pristine: boolean
  strict: boolean
  session: boolean
  stdin: 'inherit' | 'ignore'
  /** Aborts when we are asked to stop, before the agent runs and after. */
  signal: AbortSignal
  say: Say
  /**
   * Called where a changed value asks for a restart (`"onChange": "restart"`), at most once for a run and
   * never before `startOnce` has returned. Whoever gives it ends the agent politely and starts it again
   * at once. Left out: nobody would start it again, so the agent is left alone, and that is said.
   */
  onRestart?: () => void
}

export interface Once {
  run: string
  agent: Agent
  /** Says why the agent is about to be ended, for the record of its end; the first reason stays. */
  because: (why: WhyEnded) => void
  /** What a new config takes from it while it runs; nothing has happened until that acts. */
  withdraw: (denials: readonly Denial[]) => Promise<Withdrawal>
  /** Waits for the end, and records it. */
  ended(): Promise<Ending>
}

/** Why a start was given up: a signal that would have ended the agent. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals
  constructor(signal: NodeJS.Signals) {
    super(`interrupted by signal ${constants.signals[signal]}`)
    this.signal = signal
  }
}

/** @throws SecretRefError where the agent was not started; its failures have been said by then */
export async function startOnce(gateway: Gateway, request: OnceRequest): Promise<Once> {
  const { plan, say } = request
  const run = newRunId(gateway.now())
  const inherit = gateway.inheritedBy(plan, request.pristine)
  const providers = providersOf(gateway.loaded.config)
  const holds = new RunHolds(gateway, run, plan, ({ provider: name, at }) => {
    const provider = providers.get(name)
    return provider && placeName(gateway, provider, at)
  })
  const resolver = takeResolver(() => [...inherit, ...handedOver(gateway)])
  const started = await start(gateway, { ...request, run, inherit, resolver, holds }).catch(
    (error) => {
      holds.end()
      throw error
    },
  )
  sayResults(say, plan.agent, started.results)
  const grants = started.results.map((result) =>
    grantOf(gateway, run, plan.environment, result, started.started ? 'injected' : 'ready'),
  )
  if (!started.started) {
    holds.end()
    // What could have been released was not: status goes on to show what a run did receive.
    const denied = grants.filter((grant) => grant.outcome === 'denied')
    note(say, plan.agent, UNSHOWN, () => recordGrants(gateway.db, denied))
    throw started.error
  }
  const { agent, finish } = started
  const { received } = started
  // Where that fails it counts as holding whatever it may have been given.
  note(say, plan.agent, 'what it holds is not known exactly', () => holds.has(received))
  // From here on an agent runs: whatever else fails is said, and it stays supervised.
  const { parent } = gateway
  note(say, plan.agent, UNSHOWN, () => {
    recordGrants(gateway.db, grants)
    recordStart(gateway.db, {
      id: run,
      agent: plan.agent,
      environment: plan.environment,
      config: gateway.loaded.path,
      configHash: gateway.loaded.hash,
      parent: parent?.run,
      gateway: { pid: process.pid, started: startTimeOf(process.pid) },
      pid: agent.pid,
      startedAt: gateway.now(),
    })
  })
  let why: WhyEnded | undefined
  const because = (reason: WhyEnded): void => {
    why ??= reason
  }
  let held: Held[] | undefined
  const { leases } = started
  const tended = { ...request, run, agent, leases, holds, because }
  const tender = await tenderOf(gateway, tended, received)
  if (!leases.empty) {
    const { watchLeases } = await import('./lease/watch.ts')
    watchLeases(gateway, tended, tender)
  }
  return {
    run,
    agent,
    because,
    withdraw: async (denials) => {
      if (tender !== undefined) return tender.withdraw(denials)
      const { holding, withdrawal } = await import('./tend/withdraw.ts')
      held ??= holding(received, gateway.now())
      const records = new Records(gateway, tended)
      return withdrawal({ ...tended, gateway, records }, { does: 'none' }, held, denials)
    },
    ended: async () => {
      const ending = await agent.ended
      await tender?.stop()
      holds.end()
      try {
        await finish(ending, why)
      } catch (error) {
        if (!(error instanceof SecretRefError)) throw error
        // The agent has run and its end belongs to the caller; that it is not on record must be said.
        say(
          'error',
          `${plan.agent}: ${error.message}: the end of this run is not on record`,
          error.hint,
        )
      }
      note(say, plan.agent, UNSHOWN, () => recordEnd(gateway.db, run, ending, gateway.now()))
      const { results } = started
      if (hasFailed(ending) && gateway.agent(plan.agent).verifyOnFailure === true) {
        const { verifyAfterFailure } = await import('./verify/after-failure.ts')
        await verifyAfterFailure(gateway, { run, plan, results, say, signal: request.signal })
      }
      return ending
    },
  }
}

/** Only where the agent's config asks for it: an ordinary run loads nothing and waits for nothing. */
async function tenderOf(
  gateway: Gateway,
  run: TendedRun,
  received: readonly Received[],
): Promise<Tender | undefined> {
  const tending = tendingOf(gateway.agent(run.plan.agent))
  if (tending === undefined || received.length === 0) return undefined
  const { Tender } = await import('./tend/tender.ts')
  return new Tender(gateway, run, tending, received)
}

/** By its own exit code: what a signal ends, its credentials have not. */
function hasFailed({ code, signal }: Ending): boolean {
  return signal === undefined && code !== undefined && code !== 0
}

/** The log is the truth: what `state.db` could not take only status lacks, and the run goes on. */
function note(say: Say, agent: string, lacks: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `${agent}: ${error.message}: ${lacks}`, error.hint)
  }
}

const UNSHOWN = 'status does not show this run'

/** Where there is no /proc, providers' variables travel in the resolver's own environment. */
function handedOver(gateway: Gateway): string[] {
  return Object.keys(gateway.env).filter(
    (name) => !/^(?:NODE_|LD_|DYLD_|SSLKEYLOGFILE$)/.test(name),
  )
}

/** One line for each failure, warning and fallback; what went well is said on the `info` level. */
export function sayResults(say: Say, agent: string, results: readonly Result[]): void {
  const starts = results.every(({ binding, decision }) => decision.allow || !binding.required)
  for (const { binding, decision, fetched } of results) {
    const about = `${agent}: ${binding.envVar}`
    if (!decision.allow) {
      const alerts = binding.onFailure === 'deny-and-alert'
      // An alert is heard at every level.
      const level = binding.required || alerts ? 'error' : 'warn'
      const goesOn = starts ? '; the agent goes on without it' : ''
      say(level, `${about}: ${decision.message} [${decision.code}]${goesOn}`, decision.hint)
      if (alerts) {
        const outcome = starts ? 'the agent goes on without it' : 'the agent was not started'
        say(level, `${about}: alert: ${outcome}`)
      }
    }
    if (decision.allow && fetched?.outcome === 'value') {
      const end =
        decision.expiresAt === undefined ? 'no expiry' : `valid until ${dayOf(decision.expiresAt)}`
      say('info', `${about}: granted from ${fetched.provider} (${end})`)
    }
    sayWarnings(say, about, decision)
  }
}

function sayWarnings(say: Say, about: string, decision: Decision): void {
  for (const warning of decision.warnings) say('warn', `${about}: ${warning.message}`, warning.hint)
}
