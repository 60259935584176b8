/**
 * A command that rotates one ref and has a person at hand: its own stdin is what the rotator is given, and
 * it never reads it. Prints what is durable then and what was done, as JSON.
 *
 * node attend.ts ORDER.json HOURS-THAT-HAVE-PASSED, with SECRETREF_HOME
 */
import { readFileSync } from 'node:fs'
import { drive } from '../../../src/gateway/rotate/engine.ts'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Did, RotationOrder } from '../../../src/gateway/rotate/words.ts'
import { beginRotation, openJournal, takeHold } from '../../../src/rotation/journal.ts'
import { homeOf } from '../../../src/state/home.ts'

const [, , path = '', hours = '0'] = process.argv
const order: RotationOrder = JSON.parse(readFileSync(path, 'utf8'))
const now = (): Date => new Date(Date.now() + Number(hours) * 3_600_000)
const db = openJournal(homeOf(process.env))
const key = { config: '/c', environment: 'default', ref: 'key' }
const hold = takeHold(db, key, { pid: process.pid, started: '1' }, () => false)
if ('heldBy' in hold) throw new Error('held')
const from = { class: order.rotation.class, driver: order.driver.type, from: order.from }
const begun = beginRotation(db, hold, from, now())
const rotator = new Rotator({ ...order, rotation: { id: begun.id, class: begun.class } })
const stop = new AbortController()
process.on('SIGTERM', () => {
  stop.abort()
  rotator.dismiss()
})
const did: Did[] = []
const rotation = await drive(
  {
    db,
    hold,
    now,
    outside: async (action) => {
      const one = await rotator.does(action)
      did.push(one)
      return one
    },
    distribute: async () => 'ok',
    mustWait: () => false,
    record: async () => {},
    signal: stop.signal,
  },
  begun,
)
rotator.dismiss()
db.close()
process.stdout.write(`${JSON.stringify({ rotation, did })}\n`)
