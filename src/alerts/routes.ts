/** Which channels a config has for alerts, and which of them one alert goes to. Pure. */
import { SLACK_CHANNEL } from '../config/names.ts'
import type { Alerts } from '../config/types.ts'
import { SEVERITIES, type Alert } from './types.ts'

/**
 * Where an alert goes: `slack:#finance-alerts` by a bot, `slack` by an incoming webhook, `webhook:NAME`,
 * `command:NAME`. `asked:#finance-alerts`: by a bot too, to a channel that no config names and somebody
 * asked for on a command line.
 */
export type Channel = 'slack' | `${'slack' | 'asked' | 'webhook' | 'command'}:${string}`

/** All that are configured; Slack's once, for its own channel. */
export function channelsOf(alerts: Alerts | undefined): Channel[] {
  if (alerts === undefined) return []
  const { slack, webhooks = {}, commands = {} } = alerts
  return [
    ...(slack === undefined ? [] : [channelOf(alerts, 'slack')]),
    ...Object.keys(webhooks).map((name) => `webhook:${name}` as const),
    ...Object.keys(commands).map((name) => `command:${name}` as const),
  ].filter((channel) => channel !== undefined)
}

/**
 * What a route's `to` names, or `--alert-channel`.
 *
 * @returns `undefined` where the config has no such channel
 */
export function channelOf(alerts: Alerts | undefined, to: string): Channel | undefined {
  const { slack, webhooks = {}, commands = {} } = alerts ?? {}
  if (to.startsWith('webhook:')) {
    const name = to.slice('webhook:'.length)
    return Object.hasOwn(webhooks, name) ? `webhook:${name}` : undefined
  }
  if (to.startsWith('command:')) {
    const name = to.slice('command:'.length)
    return Object.hasOwn(commands, name) ? `command:${name}` : undefined
  }
  if (slack === undefined) return undefined
  const asked = to === 'slack' ? slack.channel : to
  if (slack.token !== undefined) {
    return asked !== undefined && SLACK_CHANNEL.test(asked) ? `slack:${asked}` : undefined
  }
  // An incoming webhook writes to one channel, whatever it is told.
  return slack.webhook !== undefined && asked === slack.channel ? 'slack' : undefined
}

/** All that the config names, as a person writes them. */
export function channelNames(alerts: Alerts | undefined): string[] {
  const { slack, webhooks = {}, commands = {}, routes = [] } = alerts ?? {}
  return [
    ...new Set([
      ...(slack === undefined ? [] : ['slack', slack.channel ?? 'slack']),
      ...Object.keys(webhooks).map((name) => `webhook:${name}`),
      ...Object.keys(commands).map((name) => `command:${name}`),
      ...routes.flatMap(({ to }) => to),
    ]),
  ]
}

/** What `--alert-channel` names. @returns `undefined` where the config has no such channel */
export function askedChannel(alerts: Alerts | undefined, to: string): Channel | undefined {
  const channel = channelOf(alerts, to)
  if (channel === undefined || !channel.startsWith('slack:')) return channel
  const name = channel.slice('slack:'.length)
  return isNamed(alerts, name) ? channel : `asked:${name}`
}

/** Whether the config itself names this channel of Slack. */
export function isNamed(alerts: Alerts | undefined, name: string): boolean {
  const { slack, routes = [] } = alerts ?? {}
  return slack?.channel === name || routes.some(({ to }) => to.includes(name))
}

/**
 * Every route that fits counts. Without routes: from `warning` on to all channels.
 *
 * @returns each channel once, in the order of the config
 */
export function routed(
  alerts: Alerts | undefined,
  alert: Pick<Alert, 'event' | 'severity' | 'environment'>,
): Channel[] {
  if (alerts === undefined) return []
  const { routes } = alerts
  if (routes === undefined) return isAtLeast(alert, 'warning') ? channelsOf(alerts) : []
  const named = routes
    .filter(({ events, severity = 'warning', environments }) => {
      if (!isAtLeast(alert, severity)) return false
      if (environments !== undefined && !environments.includes(alert.environment)) return false
      return events === undefined || events.some((one) => fits(one, alert.event))
    })
    .flatMap(({ to }) => to)
  const found = named.map((to) => channelOf(alerts, to))
  return [...new Set(found.filter((channel) => channel !== undefined))]
}

function isAtLeast({ severity }: Pick<Alert, 'severity'>, least: Alert['severity']): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}

/** @param pattern an event, or `kind.*` */
function fits(pattern: string, event: string): boolean {
  return pattern.endsWith('.*') ? event.startsWith(pattern.slice(0, -1)) : event === pattern
}
