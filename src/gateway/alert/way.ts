/** Where alerts of one environment go to one channel, and which credential of the built-in agent that takes. */
import { channelOf, isNamed } from '../../alerts/routes.ts'
import { MONITOR, webhookTool } from '../../config/monitor.ts'
import type { Config } from '../../config/types.ts'
import { homeEnvironment } from '../../plan/environment.ts'
import { planner } from '../../plan/plan.ts'
import { statedTarget } from '../../plan/target.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { userHome } from '../../state/home.ts'
import type { Gateway } from '../gateway.ts'
import type { SendOrder } from './words.ts'

/** GovSlack, on a domain of its own, is named by the config: hooks.slack-gov.com. */
const SLACK_HOOKS = 'https://hooks.slack.com'

export interface AlertWay {
  channel: SendOrder['channel']
  /** As it is shown and recorded. */
  host: string
  /** What the channel needs; absent for a command. */
  holds?: { plan: Plan; binding: PlannedBinding }
}

/**
 * `no-channel`, `no-environment`: the config has it no more. `base-url-misplaced`: a test server's, in
 * production.
 */
export type NoAlertWay = 'no-channel' | 'no-environment' | 'base-url-misplaced'

/**
 * What waits follows its channel's name to where the config says that this is now: `slack` to the channel
 * under `alerts.slack`, by a bot or by an incoming webhook, `#x` wherever that is still named.
 */
export function alertWay(
  { loaded, env }: Gateway,
  environment: string,
  channel: string,
): AlertWay | NoAlertWay {
  const { config, dir } = loaded
  const { slack, webhooks = {}, commands = {} } = config.alerts ?? {}
  if (!isStated(config, environment)) return 'no-environment'
  const [kind, written] = split(channel)
  const name = kind === 'slack' && written === '' ? (slack?.channel ?? '') : written
  const to = kind === 'slack' ? written || 'slack' : channel
  if (channelOf(config.alerts, to) === undefined) return 'no-channel'
  // One that waits must not go where the config no longer sends.
  if (channel.startsWith('slack:') && !isNamed(config.alerts, name)) return 'no-channel'
  if (kind === 'command') {
    const { command = [] } = commands[name] ?? {}
    const [program = ''] = command
    return { channel: { kind, command }, host: program }
  }
  const plans = planner({ config, configDir: dir, userHome: userHome(env), environment })
  const plan = plans.plan({ agent: MONITOR })
  const tool = kind === 'slack' ? kind : webhookTool(name)
  const binding = plan.bindings.find((one) => one.tool === tool)
  if (binding === undefined) return 'no-channel'
  const holds = { plan: { ...plan, bindings: [binding] }, binding }
  if (kind === 'webhook') {
    const url = webhooks[name]?.url ?? ''
    return { channel: { kind, url }, host: new URL(url).host, holds }
  }
  if (slack?.token === undefined) {
    const stated = statedTarget(config, environment, 'slack-webhook')
    if (stated?.misplaced === true) return 'base-url-misplaced'
    const { origin, host } = new URL(stated?.baseUrl ?? SLACK_HOOKS)
    return { channel: { kind: 'slack-webhook', origin }, host, holds }
  }
  const stated = statedTarget(config, environment, 'slack-bot-token')
  if (stated?.misplaced === true) return 'base-url-misplaced'
  const baseUrl = stated?.baseUrl
  return {
    channel: { kind: 'slack', channel: name, ...(baseUrl === undefined ? {} : { baseUrl }) },
    host: baseUrl === undefined ? 'slack.com' : new URL(baseUrl).host,
    holds,
  }
}

function isStated(config: Config, environment: string): boolean {
  const { environments = {} } = config
  return environment === homeEnvironment(config) || Object.hasOwn(environments, environment)
}

function split(channel: string): ['slack' | 'webhook' | 'command', string] {
  const at = channel.indexOf(':')
  const [kind, name] = at === -1 ? [channel, ''] : [channel.slice(0, at), channel.slice(at + 1)]
  return [kind === 'webhook' || kind === 'command' ? kind : 'slack', name]
}

/** `#finance-alerts`, `webhook:own`: as a person wrote it. */
export function channelInWords(channel: string): string {
  return channel.replace(/^(?:slack|asked):/, '')
}
