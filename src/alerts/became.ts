/** What has become of an alert on each of its channels. */
import type { DatabaseSync } from 'node:sqlite'
import { guarded } from '../state/db.ts'
import type { Alert } from './types.ts'

/**
 * `counted`: the same was sent before, and within the hour it is not sent again. `waiting`: it is not sent
 * yet. `folded`: one message counts it with others.
 */
export const BECAME = ['sent', 'counted', 'waiting', 'folded', 'given-up'] as const
export type Became = (typeof BECAME)[number]

/**
 * @param since when it was raised: what was sent before is counted
 * @returns by channel
 * @throws STATE_UNAVAILABLE
 */
export function becameOf(
  db: DatabaseSync,
  config: string,
  { environment, key }: Pick<Alert, 'environment' | 'key'>,
  since: Date,
): ReadonlyMap<string, Became> {
  const rows = guarded(db, () =>
    db
      .prepare(
        `SELECT channel, state, sent_at FROM deliveries WHERE alert = (
           SELECT id FROM alerts WHERE config = ? AND environment = ? AND key = ?
           ORDER BY at DESC LIMIT 1)
         ORDER BY channel`,
      )
      .all(config, environment, key),
  )
  return new Map(
    rows.map(({ channel, state, sent_at: sentAt }) => {
      const now = String(sentAt) >= since.toISOString()
      return [String(channel), became(String(state), now)]
    }),
  )
}

function became(state: string, now: boolean): Became {
  if (state === 'sent') return now ? 'sent' : 'counted'
  return state === 'folded' || state === 'given-up' ? state : 'waiting'
}
