/**
 * An alert is on record and in the outbox when it counts as raised; who sends it, and when, is `flush`.
 * What tells people must not stop what it tells about: where the outbox cannot be used, that is on record.
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
  const { event, severity, environment, agent, ref } = alert
  const entry: Entry = {
    event: 'alert.raised',
    actor: gateway.actor,
    config: gateway.loaded.hash,
    environment,
    ...(agent === undefined ? {} : { agent }),
    ...(ref === undefined ? {} : { ref }),
    reason: event,
    detail: { severity },
  }
  await gateway.record([entry])
  await putAlerts(gateway, [alert], to)
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
  const meant = alerts.map((alert) => ({ alert, channels: to ?? routed(config.alerts, alert) }))
  if (meant.every(({ channels }) => channels.length === 0)) return
  try {
    const { openOutbox } = await import('../../alerts/db.ts')
    const { raise } = await import('../../alerts/outbox.ts')
    const db = openOutbox(gateway.home)
    try {
      for (const { alert, channels } of meant) {
        if (channels.length > 0) raise(db, path, withoutLiterals(alert), channels)
      }
    } finally {
      db.close()
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const { actor, loaded } = gateway
    const about = { actor, config: loaded.hash, reason: 'outbox', code: error.code }
    await gateway.record([{ event: 'alert.failed', ...about }])
  }
}

/** It goes to other people's screens: should a value stand in a name's place, it is not repeated. */
function withoutLiterals({ text, hint, ...alert }: Alert): Alert {
  return { ...alert, text: shown(text), ...(hint === undefined ? {} : { hint: shown(hint) }) }
}

function shown(words: string): string {
  return literalKind(words) === undefined ? words : '(hidden: this looked like a credential)'
}
