/**
 * An alert is on record and in the outbox when it counts as raised; who sends it, and when, is `flush`.
 * What tells people must not stop what it tells about: where the outbox cannot be used, that is said and on
 * record, and the alert goes nowhere else.
 */
import { routed, type Channel } from '../../alerts/routes.ts'
import type { Alert } from '../../alerts/types.ts'
import type { Entry } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import { literalKind } from '../../targets/literals.ts'
import type { Gateway } from '../gateway.ts'

/**
 * @param to the channels in place of those that the routes name, as `channelOf` gives them
 * @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED
 */
export async function raiseAlert(
  gateway: Gateway,
  alert: Alert,
  to?: readonly Channel[],
): Promise<void> {
  const { event, severity } = alert
  const about = aboutOf(gateway, alert)
  await gateway.record([{ event: 'alert.raised', ...about, reason: event, detail: { severity } }])
  await putAlerts(gateway, [alert], to)
}

function aboutOf(
  { actor, loaded }: Gateway,
  { environment, agent, ref }: Alert,
): Omit<Entry, 'event'> {
  return {
    actor,
    config: loaded.hash,
    environment,
    ...(agent === undefined ? {} : { agent }),
    ...(ref === undefined ? {} : { ref }),
  }
}

/**
 * For what is on record already.
 *
 * @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED
 */
export async function putAlerts(
  gateway: Gateway,
  alerts: readonly Alert[],
  to?: readonly Channel[],
): Promise<void> {
  const { config, path } = gateway.loaded
  const meant = alerts
    .map((alert) => ({ alert, channels: to ?? routed(config.alerts, alert) }))
    .filter(({ channels }) => channels.length > 0)
  if (meant.length === 0) return
  let kept = 0
  try {
    const { openOutbox } = await import('../../alerts/db.ts')
    const { raise } = await import('../../alerts/outbox.ts')
    const { patiently } = await import('../../state/patience.ts')
    const db = await patiently(() => openOutbox(gateway.home))
    try {
      for (const { alert, channels } of meant) {
        await patiently(() => raise(db, path, withoutLiterals(alert), channels))
        kept += 1
      }
    } finally {
      db.close()
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const left = meant.slice(kept).map(({ alert }) => alert)
    await lost(gateway, left, error)
  }
}

/** The log names them all. */
const MOST_NAMED = 3

/** Nobody will be told; whoever started us is, and the log says of what. */
async function lost(
  gateway: Gateway,
  alerts: readonly Alert[],
  { code, message, hint }: SecretRefError,
): Promise<void> {
  const names = alerts.map(({ event, ref }) => (ref === undefined ? event : `${event} of ${ref}`))
  const named = [...names.slice(0, MOST_NAMED), ...(names.length > MOST_NAMED ? ['…'] : [])]
  const what = alerts.length === 1 ? 'an alert is' : `${alerts.length} alerts are`
  gateway.warn(`${what} sent to nobody (${named.join(', ')}): ${message}`, hint)
  await gateway.record(
    alerts.map((alert) => ({
      event: 'alert.failed',
      ...aboutOf(gateway, alert),
      reason: 'outbox',
      code,
      detail: { alert: alert.event, state: 'given-up' },
    })),
  )
}

/** It goes to other people's screens: should a value stand in a name's place, it is not repeated. */
function withoutLiterals({ text, hint, ...alert }: Alert): Alert {
  return { ...alert, text: shown(text), ...(hint === undefined ? {} : { hint: shown(hint) }) }
}

function shown(words: string): string {
  return literalKind(words) === undefined ? words : '(hidden: this looked like a credential)'
}
