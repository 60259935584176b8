/** `secretref gateway run`: agents under supervision, in the foreground. */
import { SecretRefError } from '../errors.ts'
import { claim, unclaim } from '../gateway/claims.ts'
import { dutiesOf } from '../gateway/duties-of.ts'
import { endLike, exitCodeOf } from '../gateway/ending.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Say } from '../gateway/result.ts'
import { wallClock } from '../gateway/schedule.ts'
import type { Service } from '../gateway/serve/service.ts'
import { hearSignals } from '../gateway/signals.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { ConfigWatch } from './config-watch.ts'
import { openGateway, plannerOf, sayer, settleAlerts, type Level } from './foreground.ts'
import { gatewayRunOnce } from './gateway-once.ts'
import type { Io } from './io.ts'
import type { StartOptions } from './options.ts'
import { chosen, serviceOf } from './services.ts'
import { assemble, openSocket } from './serving.ts'

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
  const hearNow = holdHangUp()
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
  await claim(gateway, served)
  const clock = wallClock(gateway.now)
  const environment = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const [only] = services
  if (names.length === 1 && only !== undefined && isSimple(gateway, only)) {
    // Once, in the foreground, as `run` does it: the agent's exit code and signals are ours.
    hearNow()
    return gatewayRunOnce(io, gateway, only, say, { options, given })
  }
  const { server, duties, reloader } = assemble(io, gateway, say, {
    options,
    given,
    clock,
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
  hearNow()
  const wanted = await dutiesOf(gateway, environment, say)
  for (const service of services) announce(io, service, say)
  // Before anybody can ask for a reload: it would find no agents.
  const serving = server.serve(gateway, services)
  const closeSocket = await openSocket(gateway, reloader, say)
  duties.replace(wanted)
  new ConfigWatch(reloader).begin()
  const endings = await serving
  closeSocket()
  await duties.stop()
  await settleAlerts(reloader.gateway, say)
  unclaim(gateway, [...server.served.keys(), ...served])
  await reloader.settle()
  if (stopped !== undefined) endLike({ signal: stopped })
  const anew = reloader.gateway !== gateway
  if (anew && endings.length === 0) {
    say('info', 'the config has no agent any more that is served here')
    return 0
  }
  // Of a new config all are served, or it is not taken.
  const asked = anew ? endings.length : names.length
  const [first] = endings
  if (asked === 1 && first !== undefined) endLike(first)
  if (endings.every((ending) => ending === undefined)) return NOT_STARTED
  const allWell = endings.every((ending) => ending !== undefined && exitCodeOf(ending) === 0)
  return allWell && endings.length === asked ? 0 : 1
}

const NOT_STARTED = 125

/**
 * Until we know whether it asks us to reload or to end, a HUP waits: who manages services may be quick.
 *
 * @returns what lets it go on to who listens by then
 */
function holdHangUp(): () => void {
  let came = false
  const note = (): void => {
    came = true
  }
  process.on('SIGHUP', note)
  return () => {
    process.off('SIGHUP', note)
    if (came) process.kill(process.pid, 'SIGHUP')
  }
}

/** Nothing but one run: no schedule, no restart for whatever reason, and something to run. */
function isSimple(gateway: Gateway, { plan, program, schedule, restart }: Service): boolean {
  if (gateway.agent(plan.agent).onChange === 'restart') return false
  return program !== undefined && schedule === undefined && restart === 'never'
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
