/**
 * The rotator: a process for one rotation. It does one action at a time, when control has written down
 * that it is about to happen, and tells in closed fields what became of it.
 *
 * fd 0 from control · fd 1 and 2 discarded · fd 3 to control. Where a person brings the new value, fd 2 is
 * theirs, for the prompt, and fd 4 their stdin. Started with an empty environment and our
 * own absolute file. End of file: it wipes and goes; what it was at shows in what is staged.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Did, Outside, RotationOrder, ToRotator } from '../../gateway/rotate/words.ts'
import { CallCount, withSession } from '../providers/session.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { act } from './act.ts'
import { withAdmin, type Admin } from './admin.ts'
import { byAdmin } from './by-admin.ts'
import { failed } from './done.ts'
import type { Driver } from './driver.ts'
import { DRIVERS } from './drivers.ts'
import { inputOf } from './input.ts'
import { droppedAfter } from './kept.ts'
import { Staging } from './staging.ts'
import { inTurn } from './turn.ts'

const TO_CONTROL = 3

const now = (): Date => new Date()

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return
  const order: RotationOrder = JSON.parse(first.value)
  const load = Object.hasOwn(DRIVERS, order.driver.type) ? DRIVERS[order.driver.type] : undefined
  const driver = await load?.()
  if (driver === undefined) return
  const { admin: at, gatewayPid } = order
  const place = at && { ...at, ...(gatewayPid === undefined ? {} : { gatewayPid }) }
  await withAdmin(place, async (admin) => {
    if (admin !== undefined && 'kind' in admin) {
      // Nothing is done by a credential that cannot be had.
      const { result, code } = failed(admin)
      for await (const { action } of actions(lines)) {
        report({ did: action, result, ...(code && { code }), reason: 'admin-unreadable' })
      }
      return
    }
    await work(order, driver, admin, lines)
  })
}

async function work(
  order: RotationOrder,
  driver: Driver,
  admin: Admin | undefined,
  lines: AsyncIterator<string>,
): Promise<void> {
  const gone = new AbortController()
  const { asking } = order
  const context = { signal: gone.signal, now, ...(asking && { asking }) }
  const { options } = order.driver
  const issuer = await (admin === undefined
    ? driver.open(options, context)
    : byAdmin(admin, (value) => driver.open(options, { ...context, admin: value })))
  const left = new AbortController()
  process.stdin.once('end', () => left.abort())
  const input = order.input && inputOf(order.input, left.signal)
  const guided = driver.spec.guided === true
  const staging = new Staging(order.staging, now)
  const fingerprint = fingerprinter(order.fingerprintKey)
  const count = new CallCount()
  try {
    await withSession(
      order,
      async (session) => {
        const one = {
          order,
          issuer,
          session,
          staging,
          fingerprint,
          guided,
          ...(admin && { admin }),
          ...(input && { input }),
        }
        for await (const { action, open, calls } of actions(lines)) {
          // Whoever comes after a control that has died begins where the journal says, and so must not we.
          await nextTurn()
          if (left.signal.aborted) return
          count.allow(calls)
          const done = await inTurn(order, action, async () =>
            droppedAfter(one, action, await act({ ...one, open }, action)),
          )
          report({ did: action, ...done, ...(calls === undefined ? {} : { spent: count.spent }) })
        }
      },
      count,
    )
  } finally {
    gone.abort()
    await issuer.close()
  }
}

/** What control asks for, one after the other. */
async function* actions(
  lines: AsyncIterator<string>,
): AsyncGenerator<{ action: Outside; open: boolean; calls: number | undefined }> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const word: ToRotator = JSON.parse(line.value)
    if (!('do' in word)) return
    yield { action: word.do, open: word.open === true, calls: word.calls }
  }
}

function report(did: Did): void {
  const line = Buffer.from(`${JSON.stringify(did)}\n`)
  for (let at = 0; at < line.length;) at += writeSync(TO_CONTROL, line, at)
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being read. Without a report, control takes it for unknown.
  () => process.exit(1),
)
