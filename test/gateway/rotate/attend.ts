/**
 * A command that rotates one ref and has a person at hand: its own stdin is what the rotator is given, and
 * it never reads it. Prints what is durable then and what was done, as JSON. With a cell of the crash
 * matrix it, or its rotator, is killed there.
 *
 * node attend.ts ORDER.json HOURS-THAT-HAVE-PASSED [CELL ISSUER.json], with SECRETREF_HOME
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { drive } from '../../../src/gateway/rotate/engine.ts'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Did, RotationOrder } from '../../../src/gateway/rotate/words.ts'
import { beginRotation, openJournal } from '../../../src/rotation/journal.ts'
import { takeHold } from '../../../src/rotation/lock.ts'
import type { Action } from '../../../src/rotation/types.ts'
import { homeOf } from '../../../src/state/home.ts'
import type { IssuerState } from '../../fakes/issuer.ts'
import { ASKS, type Cell } from './matrix.ts'

/** Long enough for the rotator to have begun, and short enough for it not to have ended. */
const WHILE_MS = 60

const [, , path = '', hours = '0', given, issuer = ''] = process.argv
const order: RotationOrder = JSON.parse(readFileSync(path, 'utf8'))
let cell: Cell | undefined = given === undefined ? undefined : JSON.parse(given)
const now = (): Date => new Date(Date.now() + Number(hours) * 3_600_000)
const db = openJournal(homeOf(process.env))
const key = { config: '/c', environment: 'default', ref: 'key' }
const hold = takeHold(db, key, { pid: process.pid, started: '1' }, () => false)
if ('heldBy' in hold) throw new Error('held')
const from = { class: order.rotation.class, driver: order.driver.type, place: '', from: order.from }
const begun = beginRotation(db, hold, from, now())
const orderNow = { ...order, rotation: { id: begun.id, class: begun.class } }
let rotator = new Rotator(orderNow)
const stop = new AbortController()
process.on('SIGTERM', () => {
  stop.abort()
  rotator.dismiss()
})

/** Once, where the cell says. */
function strike(action: Action, when: Cell['when']): void {
  if (cell?.action !== action || cell.when !== when) return
  const { victim } = cell
  cell = undefined
  if (victim === 'rotator') rotator.kill()
  else process.kill(process.pid, 'SIGKILL')
}

/** What the service answers next, to this step only. */
function arrange(action: Action): void {
  const step = ASKS[action]
  if (cell?.action !== action || cell.answer === 'comes' || step === undefined) return
  const state: IssuerState = JSON.parse(readFileSync(issuer, 'utf8'))
  const list = { lost: state.lose, late: state.slow, twice: state.twice }[cell.answer]
  list.push(step)
  writeFileSync(issuer, JSON.stringify(state))
}

const did: Did[] = []
const rotation = await drive(
  {
    db,
    hold,
    now,
    outside: async (action, { open }) => {
      if (rotator.gone) rotator = new Rotator(orderNow)
      const doing = rotator.does(action, open)
      if (cell?.action === action && cell.when === 'while') {
        await pause(WHILE_MS)
        strike(action, 'while')
      }
      const one = await doing
      strike(action, 'after')
      did.push(one)
      return one
    },
    distribute: async () => 'ok',
    mustWait: () => false,
    record: async (_, { action, result }) => {
      if (result !== undefined) return strike(action, 'after')
      arrange(action)
      strike(action, 'before')
    },
    signal: stop.signal,
  },
  begun,
)
rotator.dismiss()
db.close()
process.stdout.write(`${JSON.stringify({ rotation, did })}\n`)
