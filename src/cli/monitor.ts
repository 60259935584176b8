/** `secretref monitor`: which credentials need somebody, told to whom the config names; for cron. */
import { askedChannel, channelNames, channelsOf } from '../alerts/routes.ts'
import { nearest } from '../config/suggest.ts'
import type { Alerts } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { settleAlerts } from '../gateway/alert/duty.ts'
import { raiseAlert } from '../gateway/alert/raise.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { alertsOf, MOVE, oldDate } from '../gateway/monitor/alerts.ts'
import {
  lookAtAll,
  needsSomebody,
  unaskedInWords,
  type Look,
  type Watched,
} from '../gateway/monitor/look.ts'
import type { Stuck } from '../gateway/monitor/stuck.ts'
import { toldInWords } from '../gateway/monitor/told.ts'
import { signText, type Sign } from '../gateway/status.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { dayOf, whenOf } from '../policy/expiry.ts'
import { safeJson } from '../printable.ts'
import { openGateway, sayer } from './foreground.ts'
import { printable, type Io } from './io.ts'

export interface MonitorOptions {
  config?: string
  environment?: string
  checkExpiry: number
  alertChannel?: string
  json?: true
}

/** @returns 1 where something needs attention, or nobody could be told; else 0 */
export async function monitor(io: Io, options: MonitorOptions): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not look at all credentials', {
      scope: 'agent',
      hint: 'do it outside of a run',
    })
  }
  const gateway = await openGateway(io, options)
  try {
    const look = await lookAtAll(gateway, {
      environment: askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT']),
      days: options.checkExpiry,
    })
    const { watched, stuck, unasked } = look
    const { silent, told } = await tell(io, gateway, look, options.alertChannel)
    if (options.json === true)
      io.out(`${safeJson({ version: 1, credentials: watched, stuck, unasked }, 2)}\n`)
    else for (const line of linesOf(io, look)) io.out(line)
    const left = unaskedInWords(look)
    if (left !== undefined) io.err(`${io.program}: ${printable(left)}\n`)
    if (told !== undefined) io.err(`${io.program}: ${printable(told)}\n`)
    if (silent !== undefined) {
      io.err(`${io.program}: ${printable(silent.message)}\n`)
      io.err(`hint: ${printable(silent.hint)}\n`)
    }
    const needed = stuck.length > 0 || watched.some(needsSomebody)
    return needed || silent !== undefined ? 1 : 0
  } finally {
    await gateway.settle()
  }
}

interface Silent {
  message: string
  hint: string
}

/** @returns why nobody can be told; and who was told of what, in words */
async function tell(
  io: Io,
  gateway: Gateway,
  look: Look,
  asked: string | undefined,
): Promise<{ silent?: Silent; told?: string | undefined }> {
  const { alerts } = gateway.loaded.config
  const channel = asked === undefined ? undefined : askedChannel(alerts, asked)
  const to = channel && [channel]
  const now = io.now()
  const meant = alertsOf(look, now)
  for (const alert of meant) await raiseAlert(gateway, alert, to)
  // Where only cron looks, this is also the next chance of what was left.
  await settleAlerts(gateway, sayer(io, 'warn'), { hurried: true })
  const told =
    to === undefined && channelsOf(alerts).length === 0
      ? undefined
      : await toldInWords(gateway, meant, to, now)
  if (asked !== undefined && to === undefined) return { told, silent: noChannel(alerts, asked) }
  if (asked === undefined && channelsOf(alerts).length === 0) return { silent: nobody }
  return { told }
}

const nobody: Silent = {
  message: 'no channel is configured, so nobody was told',
  hint: 'add "alerts" to the config: docs/alerts.md has an example for Slack, a webhook and a command',
}

function noChannel(alerts: Alerts | undefined, asked: string): Silent {
  const message = `the config has no way to ${asked}, so nobody was told there`
  return { message, hint: suggestion(alerts, asked) ?? slackHint(alerts) }
}

/** @returns `undefined` where a channel of Slack is asked for, and none is written nearly so */
function suggestion(alerts: Alerts | undefined, asked: string): string | undefined {
  const known = channelNames(alerts)
  const kind = ['webhook:', 'command:'].find((one) => asked.startsWith(one))
  if (kind === undefined) {
    const near = nearest(asked, known)
    return near === undefined ? undefined : `did you mean "${near}"?`
  }
  // Of names with the same beginning only what is behind it tells how near they are.
  const names = known.filter((one) => one.startsWith(kind)).map((one) => one.slice(kind.length))
  const near = nearest(asked.slice(kind.length), names)
  if (near !== undefined) return `did you mean "${kind}${near}"?`
  const add = `add it to alerts.${kind.slice(0, -1)}s: docs/alerts.md has an example`
  return known.length === 0 ? add : `${add}; the config has: ${known.join(', ')}`
}

function slackHint(alerts: Alerts | undefined): string {
  if (alerts?.slack?.token !== undefined) {
    return 'a channel of Slack is written as #finance-alerts or C0123456789; "slack" is the one under alerts.slack.channel'
  }
  if (alerts?.slack?.webhook !== undefined) {
    return 'an incoming webhook of Slack has one channel only: ask for "slack", or add a token of a bot to alerts.slack'
  }
  return 'add alerts.slack with a token of its own: {"alerts": {"slack": {"token": {"secretRef": "…"}, "channel": "#…"}}}; the token of another agent is not used'
}

const SIGNS: Readonly<Record<Watched['state'], Sign>> = {
  expired: 'bad',
  rejected: 'bad',
  unreadable: 'bad',
  expiring: 'attention',
  endless: 'none',
  fine: 'good',
}

function linesOf(io: Io, { watched, stuck }: Look): string[] {
  const shown = new Set(watched.map(({ ref }) => ref))
  const stopped = new Map(stuck.map((one) => [one.ref, one]))
  // Of a ref that is not looked at, its rotation is all there is to say.
  const others = stuck.filter(({ ref }) => !shown.has(ref))
  return [
    ...watched.map((one) => lineOf(io, one, stopped.get(one.ref))),
    ...others.map((one) => {
      const text = printable(`${one.ref}: ${stuckWords(one)}`)
      return `${signText('bad', io.signs)} ${text}${hintText(one.hint)}\n`
    }),
  ]
}

function lineOf(io: Io, one: Watched, stopped: Stuck | undefined): string {
  const { ref, state, agents, unbound } = one
  const named = agents.length > 3 ? `${agents.length} agents` : agents.join(', ')
  const whose = unbound === true ? 'bound to no agent' : named
  const more = stopped === undefined ? '' : `; ${stuckWords(stopped)}`
  const own = one.ofBefore === true ? MOVE : one.failure?.hint
  const hint = hintText(own) + hintText(stopped?.hint)
  const text = printable(`${ref}: ${wordsOf(one, io.now())} (${whose})${more}`)
  const itsOwn = unbound === true && state === 'unreadable' ? 'none' : SIGNS[state]
  const sign = stopped === undefined ? itsOwn : 'bad'
  return `${signText(sign, io.signs)} ${text}${hint}\n`
}

function stuckWords({ why }: Stuck): string {
  return `its rotation is stuck${why === undefined ? '' : `: ${why}`}`
}

function hintText(hint: string | undefined): string {
  return hint === undefined ? '' : `\n   hint: ${printable(hint)}`
}

function wordsOf(one: Watched, now: Date): string {
  const { state, expiresAt = '', target, failure } = one
  if (one.ofBefore === true) {
    const since = state === 'expired' ? '' : ` from ${dayOf(expiresAt)} on`
    return `delivered to nobody${since}: ${oldDate(expiresAt)}`
  }
  switch (state) {
    case 'expired':
      return `ended on ${dayOf(expiresAt)}`
    case 'expiring':
      return `ends ${whenOf(expiresAt, now)}, ${dayOf(expiresAt)}`
    case 'rejected':
      return `rejected by ${target ?? 'its service'}`
    case 'unreadable':
      return `cannot be read: ${failure?.message ?? 'no reason is known'} [${failure?.code ?? ''}]`
    case 'endless':
      return 'no end is known'
    case 'fine':
      return `valid until ${dayOf(expiresAt)}`
    default:
      return state satisfies never
  }
}
