/**
 * `secretref gateway run` of one agent that is run once: in the foreground, as `run` does it, so that the
 * agent's exit code and signals are ours; beside it what a gateway does, by the newest config.
 */
import { unclaim } from '../gateway/claims.ts'
import { dutiesBesideOne } from '../gateway/duties-of.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Once } from '../gateway/once.ts'
import type { Say } from '../gateway/result.ts'
import { wallClock } from '../gateway/schedule.ts'
import { OneRun } from '../gateway/serve/one-run.ts'
import type { Service } from '../gateway/serve/service.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { ConfigWatch } from './config-watch.ts'
import { foreground, plannerOf } from './foreground.ts'
import type { GatewayRunOptions } from './gateway-run.ts'
import type { Io } from './io.ts'
import { Reloader } from './reloader.ts'
import { servicesOf } from './services.ts'
import { dutiesFor, openSocket } from './serving.ts'

/** Ends the process as the agent ended. @throws SecretRefError where nothing was started */
export function gatewayRunOnce(
  io: Io,
  gateway: Gateway,
  service: Service,
  say: Say,
  { options, given }: { options: GatewayRunOptions; given: string[] | undefined },
): Promise<never> {
  const { agent } = service.plan
  const environment = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const duties = dutiesFor(gateway, say, wallClock(gateway.now))
  const reloaderOf = (once: Once): Reloader =>
    new Reloader({
      io,
      gateway,
      server: new OneRun({ gateway, service }, once, say),
      duties,
      say,
      serving: {
        prepare: async (fresh) => {
          const planner = plannerOf(io, fresh.loaded, options)
          const services = await servicesOf(fresh, planner, { ...options, agent }, given)
          return { services, duties: dutiesBesideOne(fresh, environment, say) }
        },
        // It serves no other agent, whatever the config names by then.
        claim: async () => {},
        unclaim: () => {},
      },
    })
  let closing: (() => Promise<void>) | undefined
  return foreground(io, options, given, {
    pristine: true,
    gateway,
    say,
    started: (once) => {
      const reloader = reloaderOf(once)
      const closeSocket = openSocket(gateway, reloader, say)
      closing = async () => {
        await closeSocket.then((close) => close())
        // Its records are in the log that is closed once for all of us.
        await reloader.idle()
      }
      duties.replace(dutiesBesideOne(gateway, environment, say))
      new ConfigWatch(reloader).begin()
    },
    finish: async () => {
      await closing?.()
      await duties.stop()
      unclaim(gateway, [agent])
    },
  })
}
