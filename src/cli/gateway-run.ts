/** `secretref gateway run`: agents under supervision, in the foreground. */
import { judgeSchedules } from '../config/rules/schedules.ts'
import { SecretRefError } from '../errors.ts'
import { Duties } from '../gateway/duties.ts'
import { dutiesOf } from '../gateway/duties-of.ts'
import { endLike, exitCodeOf } from '../gateway/ending.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { requireAllowed } from '../gateway/nesting.ts'
import type { Say } from '../gateway/result.ts'
import { Server } from '../gateway/serve/server.ts'
import type { ServeOptions, Service } from '../gateway/serve/service.ts'
import { listen } from '../gateway/control/listen.ts'
import { makeSocketPath } from '../gateway/control/place.ts'
import { hearSignals } from '../gateway/signals.ts'
import { statusOf, statusText } from '../gateway/status.ts'
import { startTimeOf, stillRuns } from '../gateway/surroundings.ts'
import type { Planner } from '../plan/plan.ts'
import { claimAgent, releaseAgent } from '../state/runs.ts'
import { foreground, openGateway, plannerOf, sayer, type Level } from './foreground.ts'
import { ConfigWatch } from './config-watch.ts'
import type { Io } from './io.ts'
import type { StartOptions } from './options.ts'
import { Reloader } from './reloader.ts'

export interface GatewayRunOptions extends StartOptions {
  schedule?: string
  timezone?: string
  logLevel: Level
}

export async function gatewayRun(
  io: Io,
  options: GatewayRunOptions,
  given: string[] | undefined,
): Promise<number> {
  const say = sayer(io, options.logLevel)
  const gateway = await openGateway(io, options)
  const planner = plannerOf(io, gateway.loaded, options)
  const names = chosen(planner, options, given)
  const services: Service[] = []
  for (const name of names) {
    try {
      services.push(await serviceOf(gateway, planner, name, names.length === 1, options, given))
    } catch (error) {
      // One that cannot be started never stops the others.
      if (names.length === 1 || !(error instanceof SecretRefError)) throw error
      say('error', `${name}: ${error.message} [${error.code}]`, error.hint)
    }
  }
  const served = services.map((service) => service.plan.agent)
  claim(gateway, served)
  const release = (): void => unclaim(gateway, served)
  const [only] = services
  if (names.length === 1 && only !== undefined && isSimple(gateway, only)) {
    // Once, in the foreground, as `run` does it: the agent's exit code and signals are ours.
    return foreground(io, options, given, { pristine: true, gateway, say, finish: release })
  }
  const server = new Server(gateway.now, {
    say,
    checked: printer(io),
    left: (agent) => unclaim(gateway, [agent]),
  })
  const duties = new Duties({
    clock: server.clock,
    say,
    record: ({ duty, error: { code } }) =>
      gateway.record([{ event: 'duty.failed', actor: gateway.actor, code, detail: { duty } }]),
  })
  const reloader = new Reloader({
    io,
    gateway,
    server,
    duties,
    say,
    serving: {
      prepare: async (fresh) => {
        const plans = plannerOf(io, fresh.loaded, options)
        const all = chosen(plans, options, given)
        const next: Service[] = []
        for (const name of all) {
          next.push(await serviceOf(fresh, plans, name, all.length === 1, options, given))
        }
        return { services: next, duties: await dutiesOf(fresh, say) }
      },
      claim: (agents) => claim(gateway, agents),
      unclaim: (agents) => unclaim(gateway, agents),
    },
  })
  let stopped: NodeJS.Signals | undefined
  hearSignals(gateway.surroundings, (heard) => {
    // Without a terminal nothing has hung up: it is how service managers ask for a reload.
    if (heard.signal === 'SIGHUP' && !gateway.surroundings.terminal) {
      void reloader.reload('asked')
      return
    }
    if (heard.ends) stopped ??= heard.signal
    server.hear(heard)
  })
  const wanted = await dutiesOf(gateway, say)
  for (const service of services) announce(io, service, say)
  // Before anybody can ask for a reload: it would find no agents.
  const serving = server.serve(gateway, services)
  const closeSocket = await openSocket(gateway, reloader, say)
  duties.replace(wanted)
  new ConfigWatch(reloader).begin()
  const endings = await serving
  closeSocket()
  await duties.stop()
  unclaim(gateway, [...server.served.keys(), ...served])
  await reloader.settle()
  if (stopped !== undefined) endLike({ signal: stopped })
  const [first] = endings
  if (names.length === 1 && first !== undefined) endLike(first)
  if (endings.every((ending) => ending === undefined)) return NOT_STARTED
  const allWell = endings.every((ending) => ending !== undefined && exitCodeOf(ending) === 0)
  return allWell && endings.length === names.length ? 0 : 1
}

const NOT_STARTED = 125

/** Agents are served without it as well; what is missing is said. */
async function openSocket(gateway: Gateway, reloader: Reloader, say: Say): Promise<() => void> {
  try {
    const path = await makeSocketPath(gateway.home, gateway.loaded.path)
    return await listen(path, () => reloader.reload('asked'))
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `gateway reload cannot reach this gateway: ${error.message}`, error.hint)
    return () => {}
  }
}

/** Nothing but one run: no schedule, no restart for whatever reason, and something to run. */
function isSimple(gateway: Gateway, { plan, program, schedule, restart }: Service): boolean {
  if (gateway.agent(plan.agent).onChange === 'restart') return false
  return program !== undefined && schedule === undefined && restart === 'never'
}

/** Without `--agent` all of them; what can be meant for one only then needs a name. */
function chosen(
  planner: Planner,
  options: GatewayRunOptions,
  given: string[] | undefined,
): readonly string[] {
  if (options.agent !== undefined) return [options.agent]
  if (planner.agents.length <= 1) return [planner.plan({}).agent]
  const { secretsRef, env, schedule, timezone } = options
  if (secretsRef ?? env ?? schedule ?? timezone ?? given) {
    throw new SecretRefError('USAGE', 'what is given here is meant for one agent', {
      hint: `add --agent; the config has ${planner.agents.join(', ')}`,
    })
  }
  return planner.agents
}

/** @throws SecretRefError where this agent cannot be served as asked */
async function serviceOf(
  gateway: Gateway,
  planner: Planner,
  name: string,
  alone: boolean,
  options: GatewayRunOptions,
  given: string[] | undefined,
): Promise<Service> {
  const plan = planner.plan({ ...options, agent: name })
  requireAllowed(gateway.loaded, gateway.parent, plan)
  const agent = gateway.agent(name)
  const schedule = options.schedule ?? agent.schedule
  const timezone = options.timezone ?? agent.timezone ?? 'UTC'
  await requireSchedule(schedule, timezone, options, gateway.now())
  return {
    plan,
    program: gateway.programOf(name, given),
    schedule,
    timezone,
    restart: agent.restart ?? 'never',
    strict: options.strict === true,
    terminal: gateway.surroundings.terminal && schedule === undefined && alone,
  }
}

/** By the same rules as the config's own. @throws USAGE */
async function requireSchedule(
  schedule: string | undefined,
  timezone: string,
  options: GatewayRunOptions,
  now: Date,
): Promise<void> {
  if (options.timezone !== undefined && schedule === undefined) {
    throw new SecretRefError('USAGE', '--timezone is for a schedule, and there is none', {
      hint: 'add --schedule',
    })
  }
  if (options.schedule === undefined && options.timezone === undefined) return
  const [problem] = await judgeSchedules({ agents: { asked: { schedule, timezone } } }, now)
  if (problem === undefined) return
  const { at, message, hint } = problem
  throw new SecretRefError('USAGE', `--${String(at.at(-1))}: ${message}`, {
    ...(hint !== undefined && { hint }),
  })
}

/** Prints what a check has found, each line as often as it changes. */
function printer(io: Io): ServeOptions['checked'] {
  const shown = new Set<string>()
  return (plan, found) => {
    const grants = new Map(found.map((grant) => [grant.envVar, grant]))
    for (const binding of plan.bindings) {
      const line = statusText(statusOf(binding, grants.get(binding.envVar), io.now()), io.signs)
      const key = `${plan.agent} ${line}`
      if (shown.has(key)) continue
      shown.add(key)
      io.out(`${line}\n`)
    }
  }
}

function announce(io: Io, service: Service, say: Say): void {
  const { plan, program, schedule, timezone } = service
  const { agent } = plan
  if (schedule !== undefined) say('info', `${agent}: starts at "${schedule}" (${timezone})`)
  if (program === undefined) {
    say(
      'info',
      `${agent} has no command: its credentials are checked, none is delivered`,
      `start it with: ${io.program} run --agent ${agent} -- cmd; stop this gateway with Ctrl-C`,
    )
  }
}

/** @throws AGENT_BUSY; then nothing stays claimed */
function claim(gateway: Gateway, names: readonly string[]): void {
  const self = { pid: process.pid, started: startTimeOf(process.pid) }
  for (const [i, agent] of names.entries()) {
    const key = { config: gateway.loaded.path, agent }
    const holder = claimAgent(gateway.db, key, self, ({ pid, started }) => stillRuns(pid, started))
    // Ours: an agent that a reload removed and the next one names again may still be ending.
    if (holder === undefined || holder === process.pid) continue
    unclaim(gateway, names.slice(0, i))
    throw new SecretRefError(
      'AGENT_BUSY',
      `agent ${agent} is served by another gateway (pid ${holder})`,
      {
        scope: 'agent',
        hint: 'stop that one first; `secretref run` beside it is fine',
      },
    )
  }
}

function unclaim(gateway: Gateway, names: readonly string[]): void {
  const config = gateway.loaded.path
  for (const agent of names) releaseAgent(gateway.db, { config, agent }, process.pid)
}
