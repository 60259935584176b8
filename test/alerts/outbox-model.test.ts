/** Whatever several processes do to one outbox, and in whichever order they die. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openOutbox } from '../../src/alerts/db.ts'
import { holdBack } from '../../src/alerts/holds.ts'
import {
  A_MINUTE,
  freeOfTheDead,
  raise,
  take,
  wasLeft,
  wasNotSent,
  wasSent,
  type Delivery,
} from '../../src/alerts/outbox.ts'
import { tempHome } from '../state/folder.ts'

const WAY = { config: '/c.json', environment: 'e', channel: 'slack' }
const START = Date.parse('2026-11-25T12:00:00Z')

const step = fc.oneof(
  fc.record({ does: fc.constant('raise'), key: fc.nat(6) }),
  fc.record({ does: fc.constant('take'), who: fc.nat(2) }),
  fc.record({ does: fc.constant('settle'), who: fc.nat(2), sent: fc.boolean() }),
  fc.record({ does: fc.constant('leave'), who: fc.nat(2) }),
  fc.record({ does: fc.constant('hold'), busy: fc.boolean(), after: fc.nat(3600) }),
  fc.record({ does: fc.constant('die'), who: fc.nat(2) }),
  fc.record({ does: fc.constant('wait'), seconds: fc.nat(1800) }),
)

test('an alert is one living process’s, is sent once, keeps to the rate, and is never lost', () => {
  const home = tempHome()
  const db = openOutbox(home)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      db.exec('DELETE FROM alerts; DELETE FROM holds')
      let now = START
      let generation = 0
      const selves = [0, 1, 2].map(() => `p${(generation += 1)}`)
      let heldUntil = 0
      const held = new Map<string, { self: string; delivery: Delivery; until: number }>()
      const sent = new Map<string, number>()
      let raised = 0
      const holderOf = (who: number) => ({
        self: selves[who] ?? '',
        isAlive: (self: string) => selves.includes(self),
      })
      const takes = (who: number): void => {
        freeOfTheDead(db, holderOf(who), new Date(now))
        for (const delivery of take(db, WAY, holderOf(who), new Date(now))) {
          const other = held.get(delivery.id)
          // Another living one has it only where its minute is over.
          expect(other === undefined || !selves.includes(other.self) || other.until <= now).toBe(
            true,
          )
          expect(sent.has(delivery.id)).toBe(false)
          expect(now).toBeGreaterThanOrEqual(heldUntil)
          held.set(delivery.id, { self: selves[who] ?? '', delivery, until: now + 60_000 })
        }
      }
      const settles = (who: number, well: boolean): void => {
        for (const [id, { self, delivery }] of held) {
          if (self !== selves[who]) continue
          held.delete(id)
          if (!well) wasNotSent(db, delivery, { final: false }, new Date(now))
          else {
            sent.set(id, now)
            heldUntil = 0
            wasSent(db, WAY, delivery, new Date(now))
          }
        }
        const lately = [...sent.values()].filter((at) => at > now - 60_000)
        expect(lately.length).toBeLessThanOrEqual(A_MINUTE)
      }
      for (const one of steps) {
        if ('key' in one) {
          const alert = {
            event: 'grant.denied',
            severity: 'warning',
            text: 't',
            environment: 'e',
            key: String(one.key),
            at: new Date(now),
          } as const
          if (raise(db, WAY.config, alert, ['slack']) === 'raised') raised += 1
        } else if ('busy' in one) {
          holdBack(db, WAY, { busy: one.busy, after: one.after * 1000 }, new Date(now))
          heldUntil = Math.max(heldUntil, now + one.after * 1000)
        } else if (one.does === 'leave') {
          for (const [id, { self, delivery }] of held) {
            if (self !== selves[one.who]) continue
            held.delete(id)
            wasLeft(db, delivery, new Date(now))
          }
        } else if ('seconds' in one) now += one.seconds * 1000
        else if ('sent' in one) settles(one.who, one.sent)
        else if (one.does === 'take') takes(one.who)
        else {
          selves[one.who] = `p${(generation += 1)}`
        }
      }
      // In the end somebody comes who is let.
      for (let i = 0; i < 20 && sent.size < raised; i += 1) {
        now += 3_600_000
        takes(0)
        settles(0, true)
      }
      expect(sent.size).toBe(raised)
    }),
    { numRuns: 60 },
  )
  db.close()
})
