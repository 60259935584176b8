/** The parts of a serving gateway, put together: its agents, what it does beside them, and its reload. */
import { SecretRefError } from '../errors.ts'
import { claim, unclaim } from '../gateway/claims.ts'
import { listen } from '../gateway/control/listen.ts'
import { makeSocketPath } from '../gateway/control/place.ts'
import { Duties } from '../gateway/duties.ts'
import { dutiesOf } from '../gateway/duties-of.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Say } from '../gateway/result.ts'
import type { Clock } from '../gateway/schedule.ts'
import { Server } from '../gateway/serve/server.ts'
import { askedEnvironment } from '../plan/environment.ts'
import type { Plan } from '../plan/types.ts'
import type { GrantRow } from '../state/grants.ts'
import { statusOf, statusText } from '../gateway/status.ts'
import { plannerOf } from './foreground.ts'
import type { GatewayRunOptions } from './gateway-run.ts'
import type { Io } from './io.ts'
import { Reloader } from './reloader.ts'
import { servicesOf } from './services.ts'

export interface Parts {
  server: Server
  duties: Duties
  reloader: Reloader
}

export interface Asked {
  options: GatewayRunOptions
  /** What stood after `--`. */
  given: string[] | undefined
  clock: Clock
}

export function assemble(
  io: Io,
  gateway: Gateway,
  say: Say,
  { options, given, clock }: Asked,
): Parts {
  const shown = new Shown(io)
  const server = new Server(clock, {
    say,
    checked: (plan, found) => shown.print(plan, found),
    left: (agent) => {
      shown.forget(agent)
      unclaim(gateway, [agent])
    },
  })
  const duties = dutiesFor(gateway, say, clock)
  const asked = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const reloader = new Reloader({
    io,
    gateway,
    server,
    duties,
    say,
    serving: {
      prepare: async (fresh) => {
        const planner = plannerOf(io, fresh.loaded, options)
        const services = await servicesOf(fresh, planner, options, given)
        return { services, duties: await dutiesOf(fresh, asked, say) }
      },
      claim: (agents) => claim(gateway, agents),
      unclaim: (agents) => unclaim(gateway, agents),
    },
  })
  return { server, duties, reloader }
}

/** None yet. */
export function dutiesFor(gateway: Gateway, say: Say, clock: Clock): Duties {
  return new Duties({
    clock,
    say,
    record: ({ duty, error: { code } }) =>
      gateway.record([{ event: 'duty.failed', actor: gateway.actor, code, detail: { duty } }]),
  })
}

/** Agents are served without it as well; what is missing is said. */
export async function openSocket(
  gateway: Gateway,
  reloader: Reloader,
  say: Say,
): Promise<() => void> {
  try {
    const path = await makeSocketPath(gateway.home, gateway.loaded.path)
    return await listen(path, () => reloader.reload('asked'))
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `gateway reload cannot reach this gateway: ${error.message}`, error.hint)
    return () => {}
  }
}

/** What checks have found, on stdout: a line of a binding as often as it changes. */
class Shown {
  readonly #io: Io
  /** By agent and variable. */
  readonly #lines = new Map<string, Map<string, string>>()

  constructor(io: Io) {
    this.#io = io
  }

  print(plan: Plan, found: readonly GrantRow[]): void {
    const { now, signs, out } = this.#io
    const grants = new Map(found.map((grant) => [grant.envVar, grant]))
    const before = this.#lines.get(plan.agent)
    const lines = new Map<string, string>()
    for (const binding of plan.bindings) {
      const { envVar } = binding
      const line = statusText(statusOf(binding, grants.get(envVar), now()), signs)
      lines.set(envVar, line)
      if (before?.get(envVar) !== line) out(`${line}\n`)
    }
    this.#lines.set(plan.agent, lines)
  }

  forget(agent: string): void {
    this.#lines.delete(agent)
  }
}
