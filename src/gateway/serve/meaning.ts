/** What decides how an agent is served, as text: where it is the same, nothing has changed for it. Pure. */
import { providersOf } from '../../config/accessors.ts'
import type { Gateway } from '../gateway.ts'
import type { Service } from './service.ts'

export interface Current {
  gateway: Gateway
  service: Service
}

/** All of it, for what is told of a reload. */
export function meaningOf(current: Current): string {
  const { gateway, service } = current
  const { schedule, timezone, restart } = service
  return JSON.stringify([
    runsAs(current),
    schedule,
    timezone,
    restart,
    gateway.agent(agentOf(service)),
  ])
}

/** What a run of it is: what it receives, from where, and what is run. */
export function runsAs({ gateway, service }: Current): string {
  const { plan, program } = service
  const { config } = gateway.loaded
  const all = providersOf(config)
  const names = new Set(plan.bindings.flatMap(({ chain }) => chain.map((step) => step.provider)))
  const providers = [...names].map((name) => [name, all.get(name)])
  return JSON.stringify([plan, program, gateway.agent(agentOf(service)).inheritEnv, providers])
}

function agentOf({ plan }: Service): string {
  return plan.agent
}
