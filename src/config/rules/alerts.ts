/** Alerts: that each channel can be used as it is written, and that routes lead to one. Pure. */
import { channelOf, channelsOf } from '../../alerts/routes.ts'
import { baseUrlOf } from '../../targets/destination.ts'
import { agentsOf } from '../accessors.ts'
import { MONITOR, monitorOf, webhookVariable } from '../monitor.ts'
import { isValueBeyondDoubt } from '../names.ts'
import { keysAt, nodeAt } from '../node.ts'
import { hardcoded, invalid, type At } from '../problems.ts'
import { didYouMean, type Patience } from '../suggest.ts'
import type { Alerts, Config, Problem } from '../types.ts'
import { agentPath, bindingPath } from './paths.ts'
import { credentialWords } from './words.ts'

/** @param raw the document as read: what is there but written wrongly is not missing */
export function* judgeAlerts(config: Config, raw: unknown, patience: Patience): Generator<Problem> {
  if (agentsOf(config).has(MONITOR)) {
    yield invalid(
      agentPath(config, MONITOR),
      'this agent is built in: alerts are sent as it',
      'give yours another name; what alerts need stands under "alerts"',
    )
  }
  const { alerts } = config
  if (alerts === undefined) return
  yield* judgeSlack(raw)
  yield* judgeWebhooks(alerts)
  yield* judgeCommands(alerts)
  yield* judgeRoutes(config, alerts, patience)
  yield* judgeRefs(config)
}

function* judgeSlack(raw: unknown): Generator<Problem> {
  const at = ['alerts', 'slack']
  const written = keysAt(raw, at)
  const [token, webhook] = [written.includes('token'), written.includes('webhook')]
  if (nodeAt(raw, at) === undefined) return
  if (token === webhook) {
    yield invalid(
      at,
      !token
        ? 'nothing says how Slack is reached'
        : 'a bot and an incoming webhook exclude each other',
      'write "token" for a bot, or "webhook" for an incoming webhook',
    )
  } else if (token && !written.includes('channel')) {
    yield invalid(at, '"channel" is missing: a bot must be told where to post')
  }
}

function* judgeWebhooks({ webhooks = {} }: Alerts): Generator<Problem> {
  const variables = new Map<string, string>()
  for (const [name, { url }] of Object.entries(webhooks)) {
    const at = ['alerts', 'webhooks', name]
    if (baseUrlOf(url) === undefined) {
      yield invalid(
        [...at, 'url'],
        'alerts are not sent to such an address',
        'write https://HOST/PATH, or http://127.0.0.1:PORT for a server on this machine; no user, no query',
      )
    }
    const variable = webhookVariable(name)
    const other = variables.get(variable)
    variables.set(variable, name)
    if (other === undefined) continue
    yield invalid(at, `this name and "${other}" differ in signs only`, 'choose another name')
  }
}

function* judgeCommands({ commands = {} }: Alerts): Generator<Problem> {
  for (const [name, { command }] of Object.entries(commands)) {
    const at = ['alerts', 'commands', name, 'command']
    if (command[0]?.startsWith('/') !== true) {
      yield invalid([...at, 0], 'must be an absolute path', 'no PATH is searched for it')
    }
    for (const index of credentialWords(command)) {
      yield {
        ...hardcoded([...at, index], 'a word of the command that holds a credential'),
        hint: 'let the program read it from a place of its own',
      }
    }
  }
}

function* judgeRoutes(
  { environments }: Config,
  alerts: Alerts,
  patience: Patience,
): Generator<Problem> {
  for (const [index, route] of (alerts.routes ?? []).entries()) {
    const at: At = ['alerts', 'routes', index]
    for (const [i, to] of route.to.entries()) {
      if (channelOf(alerts, to) !== undefined) continue
      yield invalid([...at, 'to', i], ...noChannel(alerts, to, patience))
    }
    if (environments === undefined) continue
    const known = Object.keys(environments)
    for (const [i, name] of (route.environments ?? []).entries()) {
      if (known.includes(name)) continue
      const here = [...at, 'environments', i]
      yield invalid(here, 'there is no such environment', didYouMean(name, known, patience))
    }
  }
}

function noChannel(alerts: Alerts, to: string, patience: Patience): [string, string | undefined] {
  const { slack } = alerts
  if (slack?.webhook !== undefined && to.startsWith('#')) {
    return [
      'an incoming webhook posts to its own channel only',
      'write "slack" here, or give alerts.slack a "token" in place of "webhook"',
    ]
  }
  const known = channelsOf(alerts).map((channel) =>
    channel.startsWith('slack') ? 'slack' : channel,
  )
  return ['no such channel is configured', didYouMean(to, known, patience)]
}

/** A name goes into the log and onto screens. */
function* judgeRefs(config: Config): Generator<Problem> {
  const tools = monitorOf(config)?.['tool-bindings'] ?? {}
  for (const [tool, { credentials }] of Object.entries(tools)) {
    for (const [slot, { secretRef }] of Object.entries(credentials)) {
      if (!isValueBeyondDoubt(secretRef)) continue
      const at = [...bindingPath(config, { agent: MONITOR, tool, slot }), 'secretRef']
      yield hardcoded(at, 'this name of a ref looks like a value')
    }
  }
}
