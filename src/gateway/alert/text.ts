/** What an alert says, for people and for programs: names and closed words only. Pure. */
import type { Delivery } from '../../alerts/outbox.ts'
import { FOLDED } from '../../alerts/types.ts'
import { printable } from '../../printable.ts'
import type { Message } from './words.ts'

/** Both forms; the body follows the payload of a Standard Webhook: type, timestamp, data. */
export function messageOf({ id, alert, count }: Delivery): Message {
  const { event, severity, text, hint, environment, agent, ref, at } = alert
  const about = [
    event,
    ...(ref === undefined ? [] : [`ref ${ref}`]),
    ...(agent === undefined ? [] : [`agent ${agent}`]),
    `environment ${environment}`,
  ].join(', ')
  const lines = [
    `${severity}: ${text}`,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    about,
    ...(count === 1 || event === FOLDED ? [] : [`raised ${count} times`]),
  ]
  const data = { id, severity, text, hint, environment, agent, ref, count }
  return {
    id,
    text: lines.map(printable).join('\n'),
    body: JSON.stringify({ type: event, timestamp: at.toISOString(), data }),
  }
}
