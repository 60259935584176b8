/** Sends what is due of the alerts of one config: each once, through a sender process for each channel. */
import type { DatabaseSync } from 'node:sqlite'
import { setAside } from '../../alerts/aside.ts'
import { holdBack } from '../../alerts/holds.ts'
import {
  due,
  freeOfTheDead,
  take,
  wasLeft,
  wasNotSent,
  wasSent,
  type Holder,
  type Way,
} from '../../alerts/outbox.ts'
import { noteTrouble } from '../../alerts/waiting.ts'
import { patiently } from '../../state/patience.ts'
import type { Gateway } from '../gateway.ts'
import { holderOf, outboxOf } from './pending.ts'
import { sendBatch, type FlushRequest } from './send.ts'
import {
  entriesOf,
  laterOf,
  sayLeft,
  sayNews,
  troubleOf,
  unreadable,
  type Settled,
} from './settled.ts'
import { channelInWords } from './way.ts'

export interface Flushed {
  /** Taken by their channels. */
  sent: number
  /** Tried again later. */
  waiting: number
  /** For good. */
  givenUp: number
}

/**
 * Several processes may do so at once: each alert is one's alone. From inside an agent nothing is sent, as
 * its environment is the agent's to choose; what is due stays for whoever started it.
 *
 * @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED, STATE_UNAVAILABLE
 */
export async function flushAlerts(gateway: Gateway, request: FlushRequest): Promise<Flushed> {
  const total = { sent: 0, waiting: 0, givenUp: 0 }
  const db = await outboxOf(gateway)
  if (db === undefined) return total
  try {
    const holder = holderOf()
    await patiently(() => freeOfTheDead(db, holder, gateway.now()))
    const ways = due(db, gateway.loaded.path, gateway.now())
    // At once: one that hangs must not hold up the others.
    const settled = await Promise.allSettled(
      ways.map((way) => flushWay(gateway, db, way, holder, request)),
    )
    for (const one of settled) {
      if (one.status === 'rejected') throw one.reason
      const { settled: each, left } = one.value
      for (const { state } of each) total[state === 'given-up' ? 'givenUp' : state] += 1
      total.waiting += left
    }
  } finally {
    db.close()
  }
  return total
}

async function flushWay(
  gateway: Gateway,
  db: DatabaseSync,
  way: Way,
  holder: Holder,
  request: FlushRequest,
): Promise<{ settled: readonly Settled[]; left: number }> {
  const aside = await patiently(() => setAside(db, way, gateway.now()))
  await tellOfUnreadable(gateway, way, aside, request)
  const deliveries = await patiently(() => take(db, way, holder, gateway.now()))
  if (deliveries.length === 0) return { settled: [], left: 0 }
  const outcomes = await sendBatch(gateway, way, deliveries, request)
  const now = gateway.now()
  const settled: Settled[] = []
  let left = 0
  for (const [i, delivery] of deliveries.entries()) {
    const outcome = outcomes[i] ?? { kind: 'unavailable', reason: 'network' }
    if (outcome.kind === 'sent') {
      await patiently(() => wasSent(db, way, delivery, now))
      settled.push({ delivery, state: 'sent' })
    } else if (outcome.kind === 'left') {
      await patiently(() => wasLeft(db, delivery, now))
      left += 1
    } else {
      const state = await patiently(() => wasNotSent(db, delivery, laterOf(outcome), now))
      settled.push({ delivery, state, why: outcome })
    }
  }
  const failed = settled.findLast((one) => one.state === 'waiting')
  if (failed?.state === 'waiting') {
    const trouble = troubleOf(failed.why)
    await patiently(() => noteTrouble(db, way, trouble))
  }
  const down = outcomes.find((one) => one.kind === 'unavailable' && one.reason !== 'unclear')
  if (down?.kind === 'unavailable') {
    const why = { busy: down.reason === 'busy', after: down.afterMs }
    await patiently(() => holdBack(db, way, why, now))
  }
  await gateway.record(entriesOf(gateway, way, settled))
  let told = sayNews(gateway, request.say, way, settled)
  // What a batch was too long for is sent at the next look of this very process.
  if (left > 0 && request.signal.aborted) {
    sayLeft(request.say, way, left)
    told += left
  }
  request.told?.(way, told)
  return { settled, left }
}

async function tellOfUnreadable(
  gateway: Gateway,
  way: Way,
  count: number,
  { say }: FlushRequest,
): Promise<void> {
  if (count === 0) return
  await gateway.record([unreadable(gateway, way, count)])
  const what = count === 1 ? 'an alert' : `${count} alerts`
  say(
    'error',
    `${what} to ${channelInWords(way.channel)} cannot be read: given up`,
    '`secretref log show --event alert.raised` shows what was raised',
  )
}
