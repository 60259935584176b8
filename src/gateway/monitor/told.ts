/** Who has been told of what a look has found, for whoever reads what `monitor` prints. */
import { BECAME, becameOf, type Became } from '../../alerts/became.ts'
import { routed, type Channel } from '../../alerts/routes.ts'
import type { Alert } from '../../alerts/types.ts'
import { SecretRefError } from '../../errors.ts'
import { outboxOf } from '../alert/pending.ts'
import { channelInWords } from '../alert/way.ts'
import type { Gateway } from '../gateway.ts'

const WORDS: Readonly<Record<Became, string>> = {
  sent: 'sent',
  counted: 'only counted, as told within the hour',
  waiting: 'not sent yet',
  folded: 'counted in one message',
  'given-up': 'given up',
}

/**
 * `alerts: to #ops: 2 sent, 1 only counted, as told within the hour; 1 to nobody, as no route takes it`
 *
 * @param raised after somebody has tried to send them
 * @param to in place of what the routes name
 * @returns `undefined` where there is none, or where nobody can see it: then that has been said
 */
export async function toldInWords(
  gateway: Gateway,
  raised: readonly Alert[],
  to: readonly Channel[] | undefined,
  since: Date,
): Promise<string | undefined> {
  const { config, path } = gateway.loaded
  const ways = raised.map((alert) => ({ alert, channels: to ?? routed(config.alerts, alert) }))
  const meant = ways.filter(({ channels }) => channels.length > 0)
  const unrouted = ways.length - meant.length
  const parts: string[] = []
  try {
    const db = meant.length === 0 ? undefined : await outboxOf(gateway)
    if (db !== undefined) {
      try {
        const each = meant.flatMap(({ alert, channels }) => {
          const became = becameOf(db, path, alert, since)
          return channels.flatMap((channel): [Channel, Became][] => {
            const one = became.get(channel)
            return one === undefined ? [] : [[channel, one]]
          })
        })
        parts.push(...wordsOf(each))
      } finally {
        db.close()
      }
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return undefined
  }
  if (unrouted > 0)
    parts.push(`${unrouted} to nobody, as no route takes ${unrouted === 1 ? 'it' : 'them'}`)
  return parts.length === 0 ? undefined : `alerts: ${parts.join('; ')}`
}

function wordsOf(all: readonly [Channel, Became][]): string[] {
  const channels = Map.groupBy(all, ([channel]) => channel)
  return Array.from(channels, ([channel, each]) => {
    const counts = BECAME.flatMap((became) => {
      const number = each.filter(([, one]) => one === became).length
      return number === 0 ? [] : [`${number} ${WORDS[became]}`]
    })
    return `to ${channelInWords(channel)}: ${counts.join(', ')}`
  })
}
