/** `secretref gateway run`: agents under supervision, in the foreground. */
import { SecretRefError } from '../errors.ts'
import { endLike, exitCodeOf, type Ending } from '../gateway/ending.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Say } from '../gateway/once.ts'
import { Server, type Service } from '../gateway/serve.ts'
import { statusOf, statusText } from '../gateway/status.ts'
import { startTimeOf } from '../gateway/surroundings.ts'
import type { Plan } from '../plan/types.ts'
import type { Planner } from '../plan/plan.ts'
import { grantsOf } from '../state/grants.ts'
import { claimAgent, releaseAgent } from '../state/runs.ts'
import { foreground, openGateway, plannerOf, sayer, type Level } from './foreground.ts'
import type { Io } from './io.ts'
import type { StartOptions } from './options.ts'

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
  const gateway = await openGateway(io, options)
  const planner = plannerOf(io, gateway.loaded, options)
  const names = chosen(planner, options, given)
  const services = names.map((name) => serviceOf(gateway, planner, name, options, given))
  claim(gateway, names)
  const [only] = services
  const simple = only !== undefined && services.length === 1 && isSimple(only)
  if (simple) {
    // Once, in the foreground, as `run` does it: the agent's exit code and signals are ours.
    return foreground(io, options, given, {
      pristine: true,
      gateway,
      finish: () => unclaim(gateway, names),
    })
  }
  const endings = await serve(io, gateway, services, options)
  unclaim(gateway, names)
  await gateway.settle()
  return endings
}

/** Nothing but one run: no schedule, no restart, and something to run. */
function isSimple(service: Service): boolean {
  return (
    service.command !== undefined && service.schedule === undefined && service.restart === 'never'
  )
}

/** Without `--agent` all of them; what can be meant for one only then needs a name. */
function chosen(
  planner: Planner,
  options: GatewayRunOptions,
  given: string[] | undefined,
): readonly string[] {
  if (options.agent !== undefined) return [options.agent]
  if (planner.agents.length <= 1) return [planner.plan({}).agent]
  const { secretsRef, env, schedule } = options
  if (secretsRef ?? env ?? schedule ?? given) {
    throw new SecretRefError('USAGE', 'what is given here is meant for one agent', {
      hint: `add --agent; the config has ${planner.agents.join(', ')}`,
    })
  }
  return planner.agents
}

function serviceOf(
  gateway: Gateway,
  planner: Planner,
  name: string,
  options: GatewayRunOptions,
  given: string[] | undefined,
): Service {
  const plan = planner.plan({ ...options, agent: name })
  const agent = gateway.agent(name)
  const schedule = options.schedule ?? agent.schedule
  return {
    plan,
    command: gateway.commandOf(name, given),
    schedule,
    timezone: options.timezone ?? agent.timezone ?? 'UTC',
    restart: agent.restart ?? 'never',
    strict: options.strict === true,
    terminal:
      gateway.surroundings.terminal && schedule === undefined && planner.agents.length === 1,
  }
}

async function serve(
  io: Io,
  gateway: Gateway,
  services: readonly Service[],
  options: GatewayRunOptions,
): Promise<number> {
  const say = sayer(io, options.logLevel)
  const shown = new Set<string>()
  const server = new Server(gateway, {
    say,
    checked: (plan) => {
      for (const line of linesOf(io, gateway, plan)) {
        if (shown.has(line)) continue
        shown.add(line)
        io.out(`${line}\n`)
      }
    },
  })
  let stopped: NodeJS.Signals | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      stopped ??= signal
      server.stop(signal)
    })
  }
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () => server.forward(signal))
  }
  for (const service of services) announce(io, service, say)
  const endings = await server.serve(services)
  if (stopped !== undefined) {
    unclaim(
      gateway,
      services.map((service) => service.plan.agent),
    )
    await gateway.settle()
    endLike({ signal: stopped })
  }
  return worst(endings)
}

function announce(io: Io, service: Service, say: Say): void {
  const { plan, command, schedule, timezone } = service
  const { agent } = plan
  if (schedule !== undefined) say('info', `${agent}: starts at "${schedule}" (${timezone})`)
  if (command === undefined) {
    say(
      'info',
      `${agent} has no command: its credentials are checked, none is delivered`,
      `start it with: ${io.program} run --agent ${agent} -- cmd; stop this gateway with Ctrl-C`,
    )
  }
}

function linesOf(io: Io, gateway: Gateway, plan: Plan): string[] {
  const grants = grantsOf(gateway.db, plan.agent)
  return plan.bindings.map((binding) =>
    statusText(statusOf(binding, grants.get(binding.envVar), io.now()), io.signs),
  )
}

/** The exit code of several: that of the one, else whether all went well. */
function worst(endings: readonly (Ending | undefined)[]): number {
  const codes = endings.map((ending) => (ending === undefined ? 125 : exitCodeOf(ending)))
  if (codes.length === 1) return codes[0] ?? 0
  return codes.every((code) => code === 0) ? 0 : 1
}

function claim(gateway: Gateway, names: readonly string[]): void {
  const self = { pid: process.pid, started: startTimeOf(process.pid) }
  for (const [i, name] of names.entries()) {
    const holder = claimAgent(gateway.db, name, self, isAlive)
    if (holder === undefined) continue
    unclaim(gateway, names.slice(0, i))
    throw new SecretRefError(
      'AGENT_BUSY',
      `agent ${name} is served by another gateway (pid ${holder})`,
      {
        scope: 'agent',
        hint: 'stop that one first; `secretref run` beside it is fine',
      },
    )
  }
}

function unclaim(gateway: Gateway, names: readonly string[]): void {
  for (const name of names) releaseAgent(gateway.db, name, process.pid)
}

function isAlive(pid: number, started: string | undefined): boolean {
  if (started !== undefined) return startTimeOf(pid) === started
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
