/**
 * The built-in agent that alerts are sent as. Its slots are the refs under `alerts`, so that policy, log,
 * status and audit treat them like any other agent's. It runs no command and nothing is delivered to it:
 * its values go to the sender alone. Pure.
 */
import { upperSnake } from './names.ts'
import type { Agent, Config, ToolBinding } from './types.ts'

export const MONITOR = 'secretref-monitor'

/** `undefined` where no channel needs a credential. */
export function monitorOf({ alerts }: Config): Agent | undefined {
  const { slack, webhooks } = alerts ?? {}
  const { token, webhook } = slack ?? {}
  const tools: Record<string, ToolBinding> = {
    ...(token && one('slack', 'token', token, 'SLACK_BOT_TOKEN', 'slack-bot-token')),
    ...(webhook && one('slack', 'webhook', webhook, 'SLACK_WEBHOOK_URL', 'slack-webhook')),
  }
  for (const [name, { secret }] of Object.entries(webhooks ?? {})) {
    Object.assign(tools, one(webhookTool(name), 'secret', secret, webhookVariable(name)))
  }
  return Object.keys(tools).length === 0 ? undefined : { 'tool-bindings': tools }
}

/** The tool of a channel, by which its binding is found in a plan. */
export function webhookTool(name: string): string {
  return `webhook/${name}`
}

/** What status calls it; no such variable is set. */
export function webhookVariable(name: string): string {
  return `WEBHOOK_${upperSnake(name)}_SECRET`
}

function one(
  tool: string,
  slot: string,
  { secretRef }: { secretRef: string },
  envVar: string,
  service?: string,
): Record<string, ToolBinding> {
  const credential = { secretRef, envVar, ...(service === undefined ? {} : { service }) }
  return { [tool]: { credentials: { [slot]: credential } } }
}
