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
import type { Did, RotationOrder, ToRotator } from '../../gateway/rotate/words.ts'
import { withSession } from '../providers/session.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { act } from './act.ts'
import { DRIVERS } from './drivers.ts'
import { inputOf } from './input.ts'
import { Staging } from './staging.ts'

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
  const gone = new AbortController()
  const { asking } = order
  const context = { signal: gone.signal, now, ...(asking && { asking }) }
  const issuer = await driver?.open(order.driver.options, context)
  if (driver === undefined || issuer === undefined) return
  const left = new AbortController()
  process.stdin.once('end', () => left.abort())
  const input = order.input && inputOf(order.input, left.signal)
  const guided = driver.spec.guided === true
  const staging = new Staging(order.staging, now)
  const fingerprint = fingerprinter(order.fingerprintKey)
  try {
    await withSession(order, async (session) => {
      const work = { order, issuer, session, staging, fingerprint, guided, ...(input && { input }) }
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        const word: ToRotator = JSON.parse(line.value)
        if (!('do' in word)) return
        report({ did: word.do, ...(await act(work, word.do)) })
      }
    })
  } finally {
    gone.abort()
    await issuer.close()
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
